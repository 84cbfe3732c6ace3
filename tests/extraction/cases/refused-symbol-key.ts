declare const key: unique symbol;
export function f(input: { [key]: string; a: string }): void {
	void input;
}
