export interface EchoInput {
	/**
	 * Whom to greet.
	 * @minLength 1 @maxLength 64
	 */
	name: string;
	/** How many. @integer @minimum 1 @maximum 1000 */
	qty: number;
}

export interface Echo {
	greeting: string;
	total: number;
}

const unitPrice = 19.99;

/** Greets and adds up. */
export function echo({ name, qty }: EchoInput): Echo {
	return { greeting: `hello ${name}`, total: Math.round(qty * unitPrice * 100) / 100 };
}
