export function f(a: string, b: string): string {
	return a + b;
}
