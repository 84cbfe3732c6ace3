// The cart lives in the tab until it becomes an order.
import type { Product } from "ward/client";
import { button, byId, element, price } from "./_dom.ts";

const key = "cart";
const products = new Map<string, Product>();
const quantities = new Map<string, number>(read());

function read(): [string, number][] {
	try {
		const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
		return Array.isArray(stored) ? stored.filter((e): e is [string, number] => typeof e?.[0] === "string" && typeof e?.[1] === "number") : [];
	} catch {
		return [];
	}
}

function changed(): void {
	sessionStorage.setItem(key, JSON.stringify([...quantities]));
	showCart();
}

export function know(list: Product[]): void {
	for (const product of list) products.set(product.sku, product);
	showCart();
}

export function addToCart(sku: string): void {
	quantities.set(sku, (quantities.get(sku) ?? 0) + 1);
	changed();
}

export function emptyCart(): void {
	quantities.clear();
	changed();
}

/** What a place in an order's lines is called: ["lines", "0", "qty"] → "Stoneware mug: the quantity". */
export function cartLabel(steps: string[]): string {
	const sku = [...quantities.keys()][Number(steps[1])] ?? "";
	const member = steps.at(-1) === "qty" ? "the quantity" : steps.slice(2).join(", ");
	return steps[0] === "lines" && sku ? `${products.get(sku)?.name ?? sku}: ${member}` : steps.join(", ");
}

export function cartLines(): { sku: string; qty: number }[] {
	return [...quantities].map(([sku, qty]) => ({ sku, qty }));
}

function row(product: Product, qty: number): HTMLLIElement {
	const count = element("input", { type: "number", min: "1", max: "99", value: String(qty), "aria-label": `How many of ${product.name}` });
	count.addEventListener("change", () => {
		quantities.set(product.sku, Number(count.value));
		changed();
	});
	const remove = button("Remove", () => {
		quantities.delete(product.sku);
		changed();
	}, { class: "link", "aria-label": `Remove ${product.name}` });
	return element("li", { "data-sku": product.sku }, element("span", {}, product.name), count, element("span", { class: "price" }, price(qty * product.priceCents)), remove);
}

export function showCart(): void {
	const known = [...quantities].flatMap(([sku, qty]) => {
		const product = products.get(sku);
		return product ? [{ product, qty }] : [];
	});
	const total = known.reduce((sum, { product, qty }) => sum + qty * product.priceCents, 0);
	const list = element("ul", { class: "rows" }, ...known.map(({ product, qty }) => row(product, qty)));
	const sum = element("p", { class: "total" }, element("span", {}, "Total"), element("span", { class: "price" }, price(total)));
	byId("cart", HTMLElement).replaceChildren(...(known.length > 0 ? [list, sum] : [element("p", { class: "quiet" }, "Nothing in it yet.")]));
	byId("checkout", HTMLFormElement).hidden = known.length === 0;
}
