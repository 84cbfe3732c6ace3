// Keeps what it should let go of: more with every release of its cache.
export function collect(input: { kept: number }): { count: number } {
	const kept: string[] = [];
	for (let i = 0; i < input.kept; i++) kept.push(`entry ${i} `.repeat(64));
	return { count: kept.length };
}
