export function f(input: {
	/** @maxLength 5 */
	a: number;
}): void {
	void input;
}
