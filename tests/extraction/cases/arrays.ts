export function f(input: { a: string[]; b: Array<number>; c: readonly boolean[]; d: ReadonlyArray<string | null>; e: string[][] }): void {
	void input;
}
