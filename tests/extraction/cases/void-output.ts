export async function f(input: { a: string }): Promise<void> {
	void input;
}
