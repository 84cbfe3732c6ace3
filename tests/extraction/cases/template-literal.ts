export function f(input: { id: `ord-${number}`; path: `/${string}`; size: `${"s" | "m"}-${1 | 2}`; any: `v${bigint}.x` }): void {
	void input;
}
