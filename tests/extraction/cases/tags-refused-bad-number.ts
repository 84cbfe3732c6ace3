export function f(input: {
	/** @minimum five */
	a: number;
}): void {
	void input;
}
