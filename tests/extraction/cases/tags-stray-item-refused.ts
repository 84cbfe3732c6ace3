export function f(input: { list: /** @maxLength 5 */ string[] }): void {
	void input;
}
