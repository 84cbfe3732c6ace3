export function f(input: {
	/** @maxLength 5 */
	a: "x" | "y";
}): void {
	void input;
}
