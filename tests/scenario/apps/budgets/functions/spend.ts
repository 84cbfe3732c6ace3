export async function few({ n }: { n: number }): Promise<{ n: number }> {
	return { n };
}
/** Computes for about 50 ms. */
export async function slow({ n }: { n: number }): Promise<{ n: number }> {
	const end = Date.now() + 50;
	let i = n;
	while (Date.now() < end) i++;
	return { n: i };
}
export async function wide({ n }: { n: number }): Promise<{ text: string }> {
	return { text: "w".repeat(10000 + n) };
}
export async function free({ n }: { n: number }): Promise<{ n: number }> {
	return { n };
}
