export function f(input: { value: void }): void {
	void input;
}
