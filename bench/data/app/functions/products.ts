import { db, WardError } from "ward";

export interface Get {
	/** @integer @minimum 1 @maximum 1000 */
	id: number;
}

export interface Product {
	/** @integer */
	id: number;
	name: string;
	/** @integer */
	price: number;
	/** @integer */
	stock: number;
}

export class NoSuchProduct extends WardError<{ id: number }>("NoSuchProduct", 404) {}

export async function getProduct({ id }: Get): Promise<Product> {
	const row = await db.getProduct({ id });
	if (!row) throw new NoSuchProduct({ id });
	return row;
}
