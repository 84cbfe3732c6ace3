/** @minLength 1 */
export type NonEmpty = string;
type Maybe<T> = T | null;
type Keyed<T> = { [key: string]: T };
type Wrap<T> = T extends string ? { value: T } : never;
export function f(input: { a: Maybe<NonEmpty>; b: Keyed<NonEmpty>; c: Wrap<NonEmpty>; d: Pick<{ x: NonEmpty }, "x"> }): void {
	void input;
}
