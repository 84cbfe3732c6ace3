export function f(input: { value: Iterable<string> }): void {
	void input;
}
