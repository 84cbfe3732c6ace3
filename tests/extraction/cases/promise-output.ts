export async function f(): Promise<{ at: string }> {
	return { at: "here" };
}
