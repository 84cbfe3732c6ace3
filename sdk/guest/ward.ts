// The module "ward" as it runs in the guest. It reaches the host only through __ward_host, which is there while the bundle
// is evaluated and gone before any request; so it is taken here, at the top level. Types for authors are generated
// (.ward/ward.d.ts): this file is their implementation.

interface Host {
	call(verb: string, name: string, argument: unknown): Promise<unknown>;
	log(level: string, text: string): void;
	caller(): unknown;
}

const host = (globalThis as unknown as { __ward_host: Host }).__ward_host;

type Method = (params?: unknown) => Promise<unknown>;
type Methods = Record<string, Method>;

// A query method is made at its first use: the bundle need not know which there are, and the broker decides.
const queries = (target: Methods): Methods =>
	new Proxy(target, {
		get(known, key) {
			// A promise asks for `then`: the database is none.
			if (typeof key !== "string" || key === "then") return undefined;
			return (known[key] ??= (params) => host.call("query", key.charAt(0).toUpperCase() + key.slice(1), params ?? {}));
		},
	});

const methods = (): Methods => Object.create(null) as Methods;

async function transaction<Result>(work: (tx: Methods) => Promise<Result>): Promise<Result> {
	await host.call("begin", "", undefined);
	let result: Result;
	try {
		result = await work(queries(methods()));
	} catch (error) {
		// What went wrong first matters more than a rollback that fails too; the host rolls back at the request's end.
		await host.call("rollback", "", undefined).catch(() => undefined);
		throw error;
	}
	await host.call("commit", "", undefined);
	return result;
}

export const db = queries(Object.assign(methods(), { transaction }));

/** Set anew for each request by beginRequest(); importers see the binding change. */
export let caller: unknown = null;

/** Called by the entry of a bundle that reads `caller`. */
export function beginRequest(): void {
	caller = Object.freeze(host.caller() ?? null);
}

interface HttpRequest {
	method?: string;
	headers?: Record<string, string>;
	json?: unknown;
	body?: string | Uint8Array;
}

/** The host hands out a body as a string where it is UTF-8. */
interface HttpReply {
	status: number;
	headers: Record<string, string>;
	body: string | Uint8Array;
}

class HttpResponse {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly #body: string | Uint8Array;
	constructor(reply: HttpReply) {
		this.status = reply.status;
		this.headers = reply.headers;
		this.#body = reply.body;
	}
	get ok(): boolean {
		return this.status >= 200 && this.status < 300;
	}
	bytes(): Uint8Array {
		return typeof this.#body === "string" ? new TextEncoder().encode(this.#body) : this.#body;
	}
	text(): string {
		return typeof this.#body === "string" ? this.#body : new TextDecoder().decode(this.#body);
	}
	json(): unknown {
		return JSON.parse(this.text());
	}
}

function bodyOf(request: HttpRequest): { body?: string | Uint8Array; type?: string } {
	if (request.json !== undefined && request.body !== undefined) throw new TypeError("json and body exclude each other");
	if (request.json !== undefined) return { body: JSON.stringify(request.json), type: "application/json" };
	if (request.body === undefined) return {};
	return { body: request.body, type: typeof request.body === "string" ? "text/plain; charset=utf-8" : "application/octet-stream" };
}

export const http = {
	async fetch(url: string, request: HttpRequest = {}): Promise<HttpResponse> {
		const parts = /^https?:\/\/([^/?#@\\\s]+)(\/[^#\s]*)?(#.*)?$/.exec(url);
		if (!parts) throw new TypeError(`${url} is no absolute URL with a host and a path`);
		const [, authority = "", path = "/"] = parts;
		const { body, type } = bodyOf(request);
		const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
		for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
		const argument = { method: request.method ?? (body === undefined ? "GET" : "POST"), path, headers, body };
		return new HttpResponse((await host.call("http", authority, argument)) as HttpReply);
	},
};

export const events = {
	publish: (topic: string, data: unknown): Promise<unknown> => host.call("publish", topic, data),
};

export const secrets = {
	get: (name: string): Promise<unknown> => host.call("secret", name, undefined),
};

const asText = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);
const line = (level: string) => (text: string, fields?: Record<string, unknown>): void =>
	host.log(level, fields === undefined ? text : `${text} ${JSON.stringify(fields, asText)}`);

export const log = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };

/** The engine knows a declared error by wardError, status and data (ARCHITECTURE.md). */
export function WardError(name: string, status: number, title?: string) {
	return class extends Error {
		readonly wardError = name;
		readonly status = status;
		readonly data: unknown;
		constructor(data?: unknown) {
			super(title ?? name);
			this.name = name;
			this.data = data;
		}
	};
}

export { answerOf, html, redirect } from "./html.ts";
