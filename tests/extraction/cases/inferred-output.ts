const rows = [{ id: 1, name: "a", tags: ["x"] }];
export async function f(input: { id: number }) {
	const row = rows.find((r) => r.id === input.id);
	return row ? { found: true as const, ...row } : { found: false as const };
}
