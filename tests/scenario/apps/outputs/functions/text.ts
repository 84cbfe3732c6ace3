/** A string is never a page. */
export async function text({ q }: { q: string }): Promise<string> {
	return q;
}
