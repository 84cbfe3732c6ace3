// Stands for a package that somebody else publishes.
export async function polish(text: string): Promise<string> {
	return text.trim();
}
