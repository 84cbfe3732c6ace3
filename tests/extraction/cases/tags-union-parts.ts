export function f(input: {
	/** @maxLength 5 @maximum 10 */
	id: string | number | null;
}): void {
	void input;
}
