import { db } from "ward";

export async function write(input: { text: string }): Promise<{ written: boolean }> {
	await db.addNote({ text: input.text });
	return { written: true };
}
