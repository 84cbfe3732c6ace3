import { WardError, db } from "ward";

export interface ChargeInput {
	/** Charging the same reference again returns the first charge. @minLength 1 @maxLength 64 */
	reference: string;
	/** @integer @minimum 1 @maximum 100000000 */
	amountCents: number;
	/** @pattern ^[0-9]{12,19}$ @secret */
	card: string;
}

export interface Charge {
	id: string;
	amountCents: number;
}

export class CardDeclined extends WardError<{ reason: "number" | "funds" }>("CardDeclined", 402, "The card was declined") {}
export class ReferenceTaken extends WardError("ReferenceTaken", 409, "The reference was used for another amount") {}

/** As in providers' test modes, one number stands for an account without money. */
const brokeCard = "4000000000009995";

export async function charge({ reference, amountCents, card }: ChargeInput): Promise<Charge> {
	if (!luhnHolds(card)) throw new CardDeclined({ reason: "number" });
	if (card === brokeCard) throw new CardDeclined({ reason: "funds" });
	const before = await db.findCharge({ reference });
	if (before && before.amountCents !== amountCents) throw new ReferenceTaken();
	if (before) return before;
	const id = crypto.randomUUID();
	await db.insertCharge({ id, reference, amountCents, cardLast4: card.slice(-4) });
	return { id, amountCents };
}

/** The check digit of ISO/IEC 7812-1. */
function luhnHolds(card: string): boolean {
	let sum = 0;
	for (let i = 0; i < card.length; i++) {
		const digit = Number(card[card.length - 1 - i]);
		const doubled = i % 2 === 1 ? digit * 2 : digit;
		sum += doubled > 9 ? doubled - 9 : doubled;
	}
	return sum % 10 === 0;
}
