export function f(input: {
	/** @minimum 5 */
	a: boolean;
}): void {
	void input;
}
