import { type Html, html } from "ward";

/** A page with a caller's text in every place that takes one. */
export async function page({ q }: { q: string }): Promise<Html> {
	const items = [q, q].map((x) => html`<li>${x}</li>`);
	return html`<!doctype html><title>${q}</title><p id="${q}">${q}</p><a href="${q}">to</a><a href="/find?q=${q}">again</a><ul>${items}</ul>`;
}
