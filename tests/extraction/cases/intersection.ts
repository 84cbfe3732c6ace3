type Timestamps = { created: string } & { updated: string };
export function f(input: { a: string } & Timestamps): void {
	void input;
}
