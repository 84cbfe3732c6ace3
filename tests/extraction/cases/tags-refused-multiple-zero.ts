export function f(input: {
	/** @multipleOf 0 */
	a: number;
}): void {
	void input;
}
