import { WardError, db, http, log } from "ward";
import { OrderNotFound, type OrderId } from "./orders.ts";
import type { Cents } from "./products.ts";

export interface PayInput {
	order: OrderId;
	/** Digits only. @pattern ^[0-9]{12,19}$ @secret */
	card: string;
}

export interface Receipt {
	order: OrderId;
	charge: string;
	paidCents: Cents;
}

export class AlreadyPaid extends WardError("AlreadyPaid", 409, "The order is already paid") {}
export class CardDeclined extends WardError<{ reason: string }>("CardDeclined", 402, "The bank declined the card") {}
export class BankUnavailable extends WardError("BankUnavailable", 503, "The bank does not answer; nothing was charged twice, try again") {}

const bank = "http://127.0.0.1:8090";

/** Has the bank charge the card and marks the order as paid. Trying again after a failure charges once. */
export async function pay({ order: id, card }: PayInput): Promise<Receipt> {
	const order = await db.getOwnOrder({ order: id });
	if (!order) throw new OrderNotFound();
	if (order.status === "paid") throw new AlreadyPaid();
	const charge = await chargeCard(`shop-order-${id}`, order.totalCents, card);
	await db.markPaid({ order: id, charge });
	log.info("order paid", { order: id, charge });
	return { order: id, charge, paidCents: order.totalCents };
}

async function chargeCard(reference: string, amountCents: number, card: string): Promise<string> {
	const response = await http.fetch(`${bank}/charges`, { json: { reference, amountCents, card } }).catch((error: unknown) => {
		log.warn("the bank cannot be reached", { error: String(error) });
		throw new BankUnavailable();
	});
	if (response.status === 402) throw new CardDeclined({ reason: "declined" });
	const charge = response.ok ? (response.json() as { id?: unknown }).id : undefined;
	if (typeof charge === "string") return charge;
	log.error("the bank answered unexpectedly", { status: response.status });
	throw new BankUnavailable();
}
