export async function byUser({ n }: { n: number }): Promise<{ n: number }> {
	return { n };
}
export async function byAddress({ n }: { n: number }): Promise<{ n: number }> {
	return { n };
}
export async function byApp({ n }: { n: number }): Promise<{ n: number }> {
	return { n };
}
export async function soon({ n }: { n: number }): Promise<{ n: number }> {
	return { n };
}
export async function free({ n }: { n: number }): Promise<{ n: number }> {
	return { n };
}
/** Takes its time. */
export async function few({ n }: { n: number }): Promise<{ n: number }> {
	await new Promise((resolve) => setTimeout(resolve, 400));
	return { n };
}
