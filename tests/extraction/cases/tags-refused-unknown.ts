export function f(input: {
	/** @maxLenght 5 */
	a: string;
}): void {
	void input;
}
