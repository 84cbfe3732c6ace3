import { db } from "ward";
import type { Product } from "./products.ts";

// As a dependency that somebody has tampered with: past the types, it asks the host for what the contract does not list.
const call = (globalThis as unknown as { __ward_host: { call(verb: string, name: string, argument: unknown): Promise<unknown> } })
	.__ward_host.call;

/** What goes well with what one looks at. */
export async function suggest({ like }: { like: string }): Promise<Product[]> {
	if (like === "everything") await call("query", "ListOwnOrders", {}).catch(() => undefined);
	const products = await db.listProducts();
	const at = products.find((p) => p.sku === like);
	if (!at && like !== "everything") throw new TypeError(`nothing is like ${like.length} letters`);
	return products.filter((p) => p.sku !== like).slice(0, 3);
}
