export function f(input: { who: { name: string } | { id: number } }): void {
	void input;
}
