export function f(input: string[]): number {
	return input.length;
}
