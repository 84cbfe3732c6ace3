export function f(input: { value: unknown }): void {
	void input;
}
