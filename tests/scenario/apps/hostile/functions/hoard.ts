export function hoard(_input: { any?: boolean }): { kept: number } {
	const kept: unknown[] = [];
	for (;;) kept.push(new Array(1000).fill(kept.length));
}
