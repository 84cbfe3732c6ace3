export function typed(input: { /** @minimum 1 */ count: number; note?: string }): { ok: boolean } {
	if (input.count > 1000) throw new Error(`no room for ${input.count}`);
	return { ok: true };
}
