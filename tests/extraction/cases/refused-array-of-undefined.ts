export function f(input: { value: (string | undefined)[] }): void {
	void input;
}
