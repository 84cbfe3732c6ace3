export function f(input: { when: Date | "never"; n: bigint | number }): void {
	void input;
}
