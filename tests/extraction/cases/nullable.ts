interface Inner {
	x: number;
}
export function f(input: { a: string | null; b: "x" | "y" | null; c: Inner | null; d: number[] | null; e: "only" | null; f: Date | null }): void {
	void input;
}
