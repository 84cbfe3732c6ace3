export function busy(input: { n: number }): { n: number } {
	return { n: input.n + 1 };
}
