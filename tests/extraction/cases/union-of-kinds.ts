export function f(input: { id: string | number; many: string | string[]; flag: boolean | "auto" }): void {
	void input;
}
