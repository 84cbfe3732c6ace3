export function f(input: {
	/** @minLength -1 */
	a: string;
}): void {
	void input;
}
