export function calm(input: { n: number }): { n: number } {
	return { n: input.n + 1 };
}
