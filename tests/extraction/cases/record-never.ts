export function f(input: { empty: Record<string, never> }): void {
	void input;
}
