export function f(input: { t: [/** @minimum 1 */ number] }): void {
	void input;
}
