export function f(input: {
	/** @minimum 5 */
	a: Date;
}): void {
	void input;
}
