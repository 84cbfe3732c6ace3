export function f(input: { value: object }): void {
	void input;
}
