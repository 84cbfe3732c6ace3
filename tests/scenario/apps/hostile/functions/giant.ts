export function giant(_input: { any?: boolean }): { length: number } {
	return { length: "x".repeat(1_000_000_000).length };
}
