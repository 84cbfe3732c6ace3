interface Page<T> {
	items: T[];
	next: string | null;
}
export function f(input: { size: number }): Page<{ id: number }> {
	return { items: [{ id: input.size }], next: null };
}
