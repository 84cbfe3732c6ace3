type All = "a" | "b" | 1 | 2;
export function f(input: { text: Extract<All, string>; number: Exclude<All, string>; rest: Exclude<All, "a"> }): void {
	void input;
}
