import { db } from "ward";

export async function page(): Promise<{ id: number; name: string }[]> {
	return await db.listItems();
}
