export function f(input: { value: new () => Date }): void {
	void input;
}
