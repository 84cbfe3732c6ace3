export function f(input: { a: string }): number {
	return input.a;
}
