interface Tree<T> {
	value: T;
	children: Tree<T>[];
}
export function f(input: { names: Tree<string>; counts: Tree<number> }): void {
	void input;
}
