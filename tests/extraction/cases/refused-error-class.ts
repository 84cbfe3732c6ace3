export function f(input: { value: Error }): void {
	void input;
}
