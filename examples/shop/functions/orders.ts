import { WardError, db, log } from "ward";
import type { Cents, Sku } from "./products.ts";

export interface OrderLine {
	sku: Sku;
	/** @integer @minimum 1 @maximum 99 */
	qty: number;
}

/** A word to the packer. @maxLength 500 @multiline */
export type Note = string;

export interface NewOrder {
	/** @minItems 1 @maxItems 50 */
	lines: OrderLine[];
	note?: Note;
}

/** @integer @minimum 1 */
export type OrderId = number;

export type OrderStatus = "open" | "paid";

export interface OrderSummary {
	id: OrderId;
	status: OrderStatus;
	totalCents: Cents;
	createdAt: Date;
}

export interface Order extends OrderSummary {
	note: Note | null;
	paidAt: Date | null;
	lines: { sku: Sku; name: string; qty: number; priceCents: Cents }[];
}

export class UnknownProduct extends WardError<{ sku: string }>("UnknownProduct", 404, "There is no such product") {}
export class OutOfStock extends WardError<{ sku: string; name: string; left: number }>("OutOfStock", 409, "Not enough in stock") {}
export class OrderNotFound extends WardError("OrderNotFound", 404, "There is no such order") {}

/** Takes the stock and opens an order, or does neither. */
export async function createOrder({ lines, note }: NewOrder): Promise<{ id: OrderId; totalCents: Cents }> {
	const wanted = merge(lines);
	return db.transaction(async (tx) => {
		const priced = [];
		for (const [sku, qty] of wanted) {
			const product = await tx.getProduct({ sku });
			if (!product) throw new UnknownProduct({ sku });
			const taken = await tx.takeStock({ sku, qty });
			if (taken.changes === 0) throw new OutOfStock({ sku, name: product.name, left: product.stock });
			priced.push({ sku, qty, priceCents: product.priceCents });
		}
		const totalCents = priced.reduce((sum, line) => sum + line.qty * line.priceCents, 0);
		const order = await tx.insertOrder({ totalCents, note: note ?? null });
		if (!order) throw new Error("the order was not stored");
		for (const line of priced) await tx.insertLine({ order: order.id, ...line });
		log.info("order opened", { order: order.id, lines: priced.length, totalCents });
		return { id: order.id, totalCents };
	});
}

/** The caller's own orders, newest first. */
export async function listOrders(): Promise<OrderSummary[]> {
	const orders = await db.listOwnOrders();
	return orders.map((order) => ({ ...order, status: statusOf(order.status) }));
}

/** One of the caller's own orders. Somebody else's is as if it did not exist. */
export async function getOrder({ order: id }: { order: OrderId }): Promise<Order> {
	const order = await db.getOwnOrder({ order: id });
	if (!order) throw new OrderNotFound();
	const lines = await db.listOwnLines({ order: id });
	return { ...order, status: statusOf(order.status), lines };
}

/** The column is text with a CHECK; the type here is what callers may rely on. */
function statusOf(text: string): OrderStatus {
	return text === "paid" ? "paid" : "open";
}

/** Several lines of the same product are one. */
function merge(lines: OrderLine[]): Map<Sku, number> {
	const wanted = new Map<Sku, number>();
	for (const { sku, qty } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + qty);
	return wanted;
}
