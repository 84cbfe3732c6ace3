export function f(input: { env: { [key: string]: string; name: string } }): void {
	void input;
}
