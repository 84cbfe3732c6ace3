export function f(input: {
	/** @format e-mail */
	a: string;
}): void {
	void input;
}
