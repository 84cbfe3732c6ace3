export function f(input: { value: never }): void {
	void input;
}
