export function f(input: { value: { a: 1 } & { a: 2 } }): void {
	void input;
}
