/** @maxLength 10 */
type Short = string;
export function f(input: {
	/** @maxLength 100 */
	text: Short;
}): void {
	void input;
}
