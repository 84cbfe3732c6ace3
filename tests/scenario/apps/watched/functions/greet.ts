import { db } from "ward";
import { polish } from "./dependency.js";

export async function greet(input: { name: string }): Promise<{ text: string }> {
	const items = await db.listItems();
	return { text: await polish(`Hello ${input.name}, we have ${items.length} items`) };
}
