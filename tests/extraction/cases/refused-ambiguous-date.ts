export function f(input: { when: Date | string }): void {
	void input;
}
