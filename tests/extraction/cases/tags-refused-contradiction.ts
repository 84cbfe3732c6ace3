export function f(input: {
	/** @minLength 5 @maxLength 2 */
	a: string;
}): void {
	void input;
}
