interface User {
	/** @maxLength 5 */
	name: string;
}
type Name = User["name"];
export function f(input: { name: User["name"]; again: Name; list: User["name"][]; maybe: User["name"] | null }): void {
	void input;
}
