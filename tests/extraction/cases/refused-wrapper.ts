export function f(input: { value: String }): void {
	void input;
}
