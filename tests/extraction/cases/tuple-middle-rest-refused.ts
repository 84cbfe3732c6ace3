export function f(input: { t: [string, ...number[], boolean] }): void {
	void input;
}
