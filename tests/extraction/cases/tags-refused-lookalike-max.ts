export function f(input: {
	/** @max 5 */
	a: number;
}): void {
	void input;
}
