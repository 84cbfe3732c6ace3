interface Nothing {}
export function f(input: { value: Nothing }): void {
	void input;
}
