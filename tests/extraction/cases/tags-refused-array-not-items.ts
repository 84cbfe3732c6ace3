export function f(input: {
	/** @maxLength 5 */
	a: string[];
}): void {
	void input;
}
