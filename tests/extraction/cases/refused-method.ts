export function f(input: { value: { run(): void } }): void {
	void input;
}
