export function f(input: { value: Float64Array }): void {
	void input;
}
