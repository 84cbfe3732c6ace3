export function f(input: { kind: "order"; size: 1; on: true; level: "low" | "high"; step: 1 | 2 | 2.5; mixed: "auto" | 10 | false }): void {
	void input;
}
