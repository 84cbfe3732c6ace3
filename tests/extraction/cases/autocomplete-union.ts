export function f(input: { colour: "red" | "green" | (string & {}) }): void {
	void input;
}
