import { db } from "ward";

/** @pattern ^[a-z0-9]+(-[a-z0-9]+)*$ @maxLength 40 */
export type Sku = string;

/** A price in cents. @integer @minimum 0 @maximum 100000000 */
export type Cents = number;

export interface Product {
	sku: Sku;
	name: string;
	description: string;
	priceCents: Cents;
	/** How many are left. @integer @minimum 0 */
	stock: number;
}

export interface Search {
	/** A part of the name. @minLength 1 @maxLength 64 */
	text?: string;
}

/** The catalogue, or what of it matches a search. */
export async function listProducts({ text }: Search): Promise<Product[]> {
	return text === undefined ? db.listProducts() : db.searchProducts({ text });
}
