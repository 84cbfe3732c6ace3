export function f(input: {
	/** @email */
	a: string;
}): void {
	void input;
}
