interface Growing<T> {
	value: T;
	next?: Growing<T[]>;
}
export function f(input: { g: Growing<string> }): void {
	void input;
}
