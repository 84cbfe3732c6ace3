export function f(input: { bag: { [key: string]: any } }): void {
	void input;
}
