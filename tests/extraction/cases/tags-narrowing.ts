/** @maxLength 100 @minLength 1 */
type Text = string;
export function f(input: {
	/** @maxLength 10 */
	short: Text;
}): void {
	void input;
}
