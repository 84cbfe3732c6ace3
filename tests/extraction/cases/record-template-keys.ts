export function f(input: { headers: Record<`x-${string}`, string> }): void {
	void input;
}
