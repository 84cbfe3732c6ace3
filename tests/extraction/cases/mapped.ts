interface User {
	name: string;
	age: number;
}
type Flags<T> = { [K in keyof T]: boolean };
type Getters<T> = { [K in keyof T as `get_${string & K}`]: T[K] };
export function f(input: { flags: Flags<User>; got: Getters<User>; some: Partial<User>; all: Required<Partial<User>>; ro: Readonly<User> }): void {
	void input;
}
