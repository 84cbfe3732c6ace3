export function f(input: {
	/** @pattern ^[a-z$ */
	a: string;
}): void {
	void input;
}
