enum Odd {
	A = "abc".length,
}
export function f(input: { odd: Odd }): void {
	void input;
}
