export function f(input: { value: RegExp }): void {
	void input;
}
