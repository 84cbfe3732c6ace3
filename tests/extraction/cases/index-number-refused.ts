export function f(input: { byId: { [id: number]: string } }): void {
	void input;
}
