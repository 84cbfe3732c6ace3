enum Level {
	Low,
	High = 5,
}
export function f(input: { level: Level }): void {
	void input;
}
