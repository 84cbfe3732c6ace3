interface User {
	/** @maxLength 5 */
	name: string;
	/** @minimum 1 */
	age: number;
}
type Prefixed<T> = { [K in keyof T as `user_${string & K}`]: T[K] };
type Flags<T> = { [K in keyof T]?: boolean };
export function f(input: { a: Partial<User>; b: Pick<User, "name">; c: Omit<User, "age">; d: Prefixed<User>; e: Flags<User>; g: { [K in "name"]: User[K] }; h: Readonly<Required<User>> }): void {
	void input;
}
