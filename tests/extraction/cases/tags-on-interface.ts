/** Everything about a person. @pii */
interface Person {
	name: string;
}
/** @maxProperties 2 */
type Bag = Record<string, string>;
export function f(input: { who: Person; bag: Bag }): void {
	void input;
}
