export function f(input: { value: Set<string> }): void {
	void input;
}
