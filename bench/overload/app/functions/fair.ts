export function fair(input: { n: number }): { n: number } {
	return { n: input.n + 1 };
}
