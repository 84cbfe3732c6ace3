export function f(input: { value: ArrayBuffer }): void {
	void input;
}
