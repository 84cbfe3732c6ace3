// The caller's orders: the list beside the catalogue, one order in a dialog, and its payment.
import { type Order, type OrderSummary, api } from "ward/client";
import { button, byId, date, element, notice, price } from "./_dom.ts";
import { clearProblems, messageOf, showProblems } from "./_problems.ts";

const dialog = byId("order", HTMLDialogElement);
const payForm = byId("pay", HTMLFormElement);
let shown: Order | undefined;

function badge(order: OrderSummary): HTMLElement {
	return element("span", { class: `badge ${order.status}` }, order.status === "paid" ? "paid" : "to pay");
}

export async function refreshOrders(signedIn: boolean): Promise<void> {
	byId("orders-panel", HTMLElement).hidden = !signedIn;
	if (!signedIn) return;
	const orders = await api.listOrders();
	const rows = orders.map((order) => {
		const open = button(`Order ${order.id}`, () => void openOrder(order.id), { class: "link" });
		const when = element("div", { class: "quiet" }, date(order.createdAt));
		return element("li", { "data-order": String(order.id) }, element("div", {}, open, when), badge(order), element("span", { class: "price" }, price(order.totalCents)));
	});
	byId("orders", HTMLElement).replaceChildren(...(rows.length > 0 ? rows : [element("li", { class: "quiet" }, "None yet.")]));
}

export async function openOrder(id: number): Promise<void> {
	const found = await api.getOrder.result({ order: id });
	if (!found.ok) return notice(messageOf(found.error));
	shown = found.value;
	showOrder(shown);
	if (!dialog.open) dialog.showModal();
}

function showOrder(order: Order): void {
	byId("order-title", HTMLElement).textContent = `Order ${order.id}`;
	const lines = order.lines.map((line) =>
		element("li", {}, element("span", {}, `${line.qty} × ${line.name}`), element("span", { class: "price" }, price(line.qty * line.priceCents))));
	const total = element("p", { class: "total" }, element("span", {}, "Total"), element("span", { class: "price" }, price(order.totalCents)));
	const when = order.paidAt ? `Paid on ${date(order.paidAt)}.` : `Ordered on ${date(order.createdAt)}.`;
	const note = order.note === null ? [] : [element("p", { class: "quiet" }, `Note: ${order.note}`)];
	byId("order-body", HTMLElement).replaceChildren(element("ul", { class: "rows" }, ...lines), total, element("p", { class: "quiet" }, when), ...note);
	payForm.hidden = order.status === "paid";
	clearProblems(payForm);
}

payForm.addEventListener("submit", async (event) => {
	event.preventDefault();
	if (!shown) return;
	clearProblems(payForm);
	const card = String(new FormData(payForm).get("card")).replaceAll(" ", "");
	const paid = await api.pay.result({ order: shown.id, card });
	if (!paid.ok) return showProblems(payForm, paid.error);
	payForm.reset();
	notice(`Order ${paid.value.order} is paid: ${price(paid.value.paidCents)}. Thank you.`);
	await Promise.all([openOrder(paid.value.order), refreshOrders(true)]);
});
