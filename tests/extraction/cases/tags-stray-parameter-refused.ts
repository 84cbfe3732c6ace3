/** @maxLength 5 */
export function f(/** @minimum 1 */ input: { a: string }): void {
	const text = "/** @maxLength 5 */";
	void input, text;
}
