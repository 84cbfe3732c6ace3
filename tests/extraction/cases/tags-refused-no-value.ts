export function f(input: {
	/** @maxLength */
	a: string;
}): void {
	void input;
}
