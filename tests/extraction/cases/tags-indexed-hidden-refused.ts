interface User {
	/** @maxLength 5 */
	name: string;
}
interface Page<T> {
	items: T[];
}
export function f(input: { page: Page<User["name"]> }): void {
	void input;
}
