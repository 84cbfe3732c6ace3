export function f(input: string): string {
	return input;
}
