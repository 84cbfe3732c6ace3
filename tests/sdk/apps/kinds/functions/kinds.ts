import { type Html, type Redirect, WardError, caller, db, events, html, http, log, redirect, secrets } from "ward";
import { caller as signedIn, db as own } from "ward/functions/whoAmI";

export interface Everything {
	id: bigint;
	at: Date;
	file: Uint8Array;
	tags: Date[];
	byName: Record<string, bigint>;
	shape: { kind: "dot"; when: Date } | { kind: "line"; length: number };
	maybe: Date | null;
	tree: Branch;
	pair: [Date, string];
	loose: Date | "never";
}

export interface Branch {
	grown: Date;
	branches: Branch[];
}

export class TooLate extends WardError<{ since: Date }>("TooLate", 410, "That was before") {}
/** Has a name that the client has for itself. */
export class Unreachable extends WardError("Unreachable", 404) {}

/** Gives back what it got. */
export function echoAll(input: { all: Everything }): Everything {
	if (input.all.at.getTime() === 0) throw new TooLate({ since: input.all.at });
	if (input.all.id === 0n) throw new Unreachable();
	return input.all;
}

export type Colour = "red" | "green";

export function search(input: { colour: Colour; page: number; tags?: string[]; since?: Date; exact?: boolean }): { url: string } {
	return { url: `${input.colour}/${input.page}/${(input.tags ?? []).join("+")}/${input.since?.toISOString() ?? ""}/${input.exact ?? ""}` };
}

export async function whoAmI(): Promise<{ user: string; role: string | null; orders: number }> {
	const rows = await own.listOrders();
	return { user: signedIn.user, role: signedIn.role, orders: rows.length };
}

export async function forget({ id }: { id: number }): Promise<void> {
	await db.transaction(async (tx) => {
		const done = await tx.deleteOrder({ id });
		if (done.changes === 0) throw new Error("nothing to forget");
	});
}

export async function relay({ text }: { text: string }): Promise<{ status: number; said: string; by: string }> {
	const key = await secrets.get("RELAY_KEY");
	const reply = await http.fetch(`https://relay.example.com/say?key=${key}`, { method: "PUT", body: text, headers: { "X-From": "kinds" } });
	await events.publish("relay.said", { text });
	log.info("said", { big: 5n });
	return { status: reply.status, said: reply.text(), by: caller?.user ?? "nobody" };
}

/** A page of one thing, and of things in a list. */
export function page({ title, items }: { title: string; items: string[] }): Html {
	return html`<!doctype html>
<title>${title}</title>
<h1 title="${title}">${title}</h1>
<ul>${items.map((item) => html`<li class='x ${item}'><a href="${item}">${item}</a> <a href="/find?q=${item}&amp;by=${items.length}">more</a></li>`)}</ul>
${items.length > 0 && html`<p>${items.length} of them</p>`}<!-- done -->`;
}

export function go({ to, bad }: { to: string; bad?: boolean }): Html | Redirect {
	return bad ? ({ to } as unknown as Redirect) : redirect(to as `/${string}`);
}
