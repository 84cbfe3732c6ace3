export function f(input: { value: Promise<string> }): void {
	void input;
}
