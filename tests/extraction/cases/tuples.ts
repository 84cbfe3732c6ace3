export function f(input: { point: [number, number]; entry: readonly [name: string, age: number]; tail: [string, ...number[]]; maybe: [string, number?]; none: [] }): void {
	void input;
}
