export function f(input: {
	/** @frobnicate */
	a: string;
}): void {
	void input;
}
