// The little that the page needs of the DOM. Text goes in as text: there is no way to put markup in by accident.

type Child = Node | string;

/** element("button", { class: "primary", type: "button" }, "Order") */
export function element<Tag extends keyof HTMLElementTagNameMap>(
	tag: Tag, attributes: Record<string, string> = {}, ...children: Child[]
): HTMLElementTagNameMap[Tag] {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
	made.append(...children);
	return made;
}

/** The element of the page with this id. */
export function byId<T extends HTMLElement>(id: string, kind: { new (): T }): T {
	const found = document.getElementById(id);
	if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
	return found;
}

export function button(text: string, onClick: () => void, attributes: Record<string, string> = {}): HTMLButtonElement {
	const made = element("button", { type: "button", ...attributes }, text);
	made.addEventListener("click", onClick);
	return made;
}

const prices = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });
const dates = new Intl.DateTimeFormat("en-IE", { dateStyle: "medium", timeStyle: "short" });

export const price = (cents: number): string => prices.format(cents / 100);
export const date = (when: Date): string => dates.format(when);

export function notice(text: string): void {
	const line = byId("notice", HTMLElement);
	line.textContent = text;
	line.hidden = text === "";
}
