import { db } from "ward";

export async function notes(): Promise<{ count: number }> {
	const row = await db.countNotes();
	return { count: row?.count ?? 0 };
}
