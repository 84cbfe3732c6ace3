export async function sleepy(_input: { any?: boolean }): Promise<{ awake: boolean }> {
	await new Promise((resolve) => setTimeout(resolve, 60_000));
	return { awake: true };
}
