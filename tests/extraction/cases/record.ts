export function f(input: { prices: Record<string, number>; sizes: Record<"s" | "l", number>; index: { [sku: string]: { qty: number } }; partial: Partial<Record<"a" | "b", string>> }): void {
	void input;
}
