export function f(input: { value: symbol }): void {
	void input;
}
