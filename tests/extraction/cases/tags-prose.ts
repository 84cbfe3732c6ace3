export function f(input: {
	/** Mention someone as @name, or `@maxLength 5` as code. Mail me @home. */
	text: string;
	/**
	 * @pattern ^@[a-z]+ @[a-z]+$
	 * @example @maximum
	 */
	handle: string;
	/** @minLength 1 - at least one */
	note: string;
}): void {
	void input;
}
