export function recurse(_input: { any?: boolean }): { depth: number } {
	const down = (n: number): number => down(n + 1) + 1;
	return { depth: down(0) };
}
