export function f(input: { code: Uppercase<string> }): void {
	void input;
}
