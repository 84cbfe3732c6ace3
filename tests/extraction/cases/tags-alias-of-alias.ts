/** @maxLength 100 */
type Text = string;
/** @maxLength 20 @format email */
type Email = Text;
/** @pii */
type Private = Email;
export function f(input: { a: Text; b: Email; c: Private; d: Private[] }): void {
	void input;
}
