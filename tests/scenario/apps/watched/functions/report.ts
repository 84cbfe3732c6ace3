export function report(input: { rows: number }): { rows: string[] } {
	return { rows: Array.from({ length: input.rows }, (_, i) => `row ${i}, and what belongs to it`) };
}
