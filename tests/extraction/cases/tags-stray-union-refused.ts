export function f(input: { a: /** @maxLength 5 */ string | number }): void {
	void input;
}
