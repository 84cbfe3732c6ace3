export function spin(_input: { any?: boolean }): { never: boolean } {
	for (;;);
}
