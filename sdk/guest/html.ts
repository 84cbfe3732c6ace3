// html`` and redirect(): the only ways to an answer that is no JSON. A page is made of templates whose every value is written
// for the place where it stands; a redirect goes to an address of the app itself.
import { type HoleKind, readTemplate } from "./html_context.mjs";

type HtmlValue = string | number | bigint | boolean | null | undefined | Html | readonly HtmlValue[];

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c] ?? c);

/** Only html`` makes one: a string that claims to be a page is none. */
class Html {
	readonly #text: string;
	constructor(text: string) {
		this.#text = text;
	}
	static textOf(value: unknown): string {
		if (typeof value === "object" && value !== null && #text in value) return value.#text;
		throw new TypeError("a page is made by html`…`");
	}
	static is(value: unknown): value is Html {
		return typeof value === "object" && value !== null && #text in value;
	}
}

const known = new WeakMap<readonly string[], HoleKind[]>();

function holesOf(parts: readonly string[]): HoleKind[] {
	let holes = known.get(parts);
	if (holes) return holes;
	const found = readTemplate(parts);
	if ("wrong" in found) throw new TypeError(`html template: ${found.wrong}`);
	holes = found.holes;
	known.set(parts, holes);
	return holes;
}

function write(value: HtmlValue, kind: HoleKind): string {
	if (value === null || value === undefined || value === false) return "";
	if (Array.isArray(value)) return (value as readonly HtmlValue[]).map((one) => write(one, kind)).join("");
	if (Html.is(value)) {
		if (kind !== "text") throw new TypeError("html`…` cannot stand in an attribute");
		return Html.textOf(value);
	}
	// A lone surrogate has no form in UTF-8.
	const text = String(value).replace(/[\ud800-\udfff]/gu, "\ufffd");
	if (kind === "url") return escape(isSafeAddress(text) ? text : "about:invalid");
	return kind === "url-part" ? escape(encodeURIComponent(text)) : escape(text);
}

/** No scheme that runs code: a relative address, or one of those that only lead somewhere. */
function isSafeAddress(text: string): boolean {
	const scheme = /^[\0-\x20]*([A-Za-z][A-Za-z0-9+.\-\t\n\r]*):/.exec(text)?.[1];
	return scheme === undefined ? !/^[\0-\x20]*:/.test(text) : /^(https?|mailto|tel)$/i.test(scheme);
}

export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
	const holes = holesOf(parts);
	let text = parts[0] ?? "";
	for (const [i, value] of values.entries()) text += write(value, holes[i] ?? "text") + (parts[i + 1] ?? "");
	return new Html(text);
}

class Redirect {
	readonly to: string;
	readonly status: number;
	constructor(to: string, status: number) {
		this.to = to;
		this.status = status;
	}
}

/** An address of this app: it begins with one slash, so that it cannot leave it. */
export function redirect(to: string, status = 303): Redirect {
	if (!/^\/(?:[!-.0-[\]-~][!-~]*)?$/.test(to)) throw new TypeError(`${to} is no address of this app: write /path, percent-encoded`);
	return new Redirect(to, status);
}

/** What a function with a page or a redirect as its result returned, as the engine takes it. Called by the bundle's entry. */
export function answerOf(value: unknown): unknown {
	return value instanceof Redirect ? { to: value.to, status: value.status } : Html.textOf(value);
}
