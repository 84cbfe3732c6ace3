export async function hello(): Promise<{ hello: string }> {
	return { hello: "you" };
}
