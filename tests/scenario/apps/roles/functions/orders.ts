import { caller, db } from "ward";

interface Order {
	id: number;
	customer: string;
	what: string;
}

export async function writeOrder(input: { what: string }): Promise<{ user: string }> {
	await db.addOrder({ what: input.what });
	return { user: caller!.user };
}

export async function listOrders(): Promise<Order[]> {
	return db.listOrders();
}
