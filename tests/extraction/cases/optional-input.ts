export function f(input?: { q?: string }): string {
	return input?.q ?? "";
}
