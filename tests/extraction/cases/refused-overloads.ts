export function f(input: { a: string }): string;
export function f(input: { a: number }): number;
export function f(input: { a: string | number }): string | number {
	return input.a;
}
