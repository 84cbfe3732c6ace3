/** @minimum 1 */
type Name = string;
export function f(input: { names: Name[] }): void {
	void input;
}
