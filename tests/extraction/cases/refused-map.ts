export function f(input: { value: Map<string, number> }): void {
	void input;
}
