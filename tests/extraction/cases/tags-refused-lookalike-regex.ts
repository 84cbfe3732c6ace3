export function f(input: {
	/** @regex ^a$ */
	a: string;
}): void {
	void input;
}
