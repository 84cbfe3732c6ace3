export function f(input: { id: 5n }): void {
	void input;
}
