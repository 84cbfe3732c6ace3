export function f(input: { value: any[] }): void {
	void input;
}
