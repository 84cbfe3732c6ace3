export function f(input: { value: {} }): void {
	void input;
}
