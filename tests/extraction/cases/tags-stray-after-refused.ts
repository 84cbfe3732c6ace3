export function f(input: {
	a: string; /** @maxLength 5 */
	b: string;
}): void {
	void input;
}
