export function f(input: {
	/** @minLength 1 @maxLenth 5 */
	a: string;
}): void {
	void input;
}
