// The shop's page. It talks to the functions through the client that ward generates from their types.
import { type Account, type Product, api, auth } from "ward/client";
import { addToCart, cartLabel, cartLines, emptyCart, know } from "./_cart.ts";
import { button, byId, element, notice, price } from "./_dom.ts";
import { openOrder, refreshOrders } from "./_orders.ts";
import { clearProblems, messageOf, showProblems } from "./_problems.ts";

const signIn = byId("sign-in", HTMLDialogElement);
const signInForm = byId("sign-in-form", HTMLFormElement);
const checkout = byId("checkout", HTMLFormElement);
let account: Account | null = null;

function productCard(product: Product): HTMLLIElement {
	const add = button(product.stock > 0 ? "Add to cart" : "Sold out", () => {
		addToCart(product.sku);
		notice(`${product.name} is in your cart.`);
	}, { "aria-label": `${product.stock > 0 ? "Add to cart" : "Sold out"}: ${product.name}` });
	add.disabled = product.stock === 0;
	const left = product.stock > 0 && product.stock <= 5 ? [element("p", { class: "quiet" }, `Only ${product.stock} left`)] : [];
	return element("li", { class: "product", "data-sku": product.sku },
		element("div", { class: "picture", "aria-hidden": "true" }, product.name.charAt(0)),
		element("div", { class: "about" },
			element("h2", {}, product.name), element("p", { class: "quiet" }, product.description), ...left,
			element("div", { class: "buy" }, element("span", { class: "price" }, price(product.priceCents)), add)));
}

async function showProducts(text?: string): Promise<void> {
	const products = await api.listProducts(text ? { text } : {});
	know(products);
	const none = element("li", { class: "quiet" }, "Nothing of that name.");
	byId("products", HTMLElement).replaceChildren(...(products.length > 0 ? products.map(productCard) : [none]));
}

function showAccount(): void {
	const bar = byId("account", HTMLElement);
	if (account === null) return bar.replaceChildren(button("Sign in", () => signIn.showModal()));
	const leave = button("Sign out", () => void auth.signOut().then(() => signedIn(null)));
	bar.replaceChildren(element("span", { class: "quiet" }, account.email), leave);
}

async function signedIn(who: Account | null): Promise<void> {
	account = who;
	showAccount();
	await refreshOrders(who !== null);
}

signInForm.addEventListener("submit", async (event) => {
	event.preventDefault();
	clearProblems(signInForm);
	const fields = new FormData(signInForm);
	const credentials = { email: String(fields.get("email")).trim(), password: String(fields.get("password")) };
	const isNew = event.submitter instanceof HTMLButtonElement && event.submitter.value === "sign-up";
	try {
		await signedIn(isNew ? await auth.signUp(credentials) : await auth.signIn(credentials));
		signInForm.reset();
		signIn.close();
	} catch (error) {
		showProblems(signInForm, error);
	}
});

checkout.addEventListener("submit", async (event) => {
	event.preventDefault();
	clearProblems(checkout);
	if (account === null) return signIn.showModal();
	const note = String(new FormData(checkout).get("note"));
	const made = await api.createOrder.result({ lines: cartLines(), ...(note ? { note } : {}) });
	if (!made.ok) return showProblems(checkout, made.error, cartLabel);
	emptyCart();
	checkout.reset();
	notice(`Order ${made.value.id} is placed.`);
	await Promise.all([showProducts(), refreshOrders(true), openOrder(made.value.id)]);
});

byId("search", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
let waiting = 0;
byId("search-text", HTMLInputElement).addEventListener("input", (event) => {
	clearTimeout(waiting);
	const text = (event.target as HTMLInputElement).value.trim();
	waiting = window.setTimeout(() => void showProducts(text).catch((error: unknown) => notice(messageOf(error))), 150);
});

for (const close of document.querySelectorAll("[data-close]")) close.addEventListener("click", () => close.closest("dialog")?.close());

await Promise.all([showProducts(), auth.me().then(signedIn)]).catch((error: unknown) => notice(messageOf(error)));
