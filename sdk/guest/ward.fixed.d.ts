/** Who calls. The host has verified it; a function can read it and not change it. */
export interface Caller {
	readonly user: string;
	readonly role: string | null;
	readonly tenant: string | null;
}

/** Runs the app's named queries. A function may run those that its entry in ward.yaml lists. */
export type Database<Name extends keyof Queries = keyof Queries> = Pick<Queries, Name> & {
	/**
	 * All or nothing: commits when `work` returns, rolls back when it throws. Calls through `tx` belong to the
	 * transaction, which ends with the request in any case.
	 */
	transaction<Result>(work: (tx: Pick<Queries, Name>) => Promise<Result>): Promise<Result>;
};

export interface HttpRequest {
	method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
	headers?: Record<string, string>;
	/** Sent as JSON. */
	json?: unknown;
	/** Sent as it is; not together with `json`. */
	body?: string | Uint8Array;
}

export interface HttpResponse {
	readonly status: number;
	/** 200 to 299 */
	readonly ok: boolean;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	text(): string;
	json(): unknown;
	bytes(): Uint8Array;
}

/** Calls to the hosts that ward.yaml names. Keys are added by the host; a function never holds them. */
export interface Http<Url extends string> {
	fetch(url: Url, request?: HttpRequest): Promise<HttpResponse>;
}

export interface Events<Topic extends string> {
	publish(topic: Topic, data: unknown): Promise<void>;
}

export interface Secrets<Name extends string> {
	get(name: Name): Promise<string>;
}

/** Lines for the log of this request; fields are shown beside the text. */
export declare const log: {
	debug(text: string, fields?: Record<string, unknown>): void;
	info(text: string, fields?: Record<string, unknown>): void;
	warn(text: string, fields?: Record<string, unknown>): void;
	error(text: string, fields?: Record<string, unknown>): void;
};

/** An error that callers may see, with its data. Every other exception is a 500 without detail. */
export interface DeclaredError<Data> extends Error {
	readonly wardError: string;
	readonly status: number;
	readonly data: Data;
}

/**
 * Makes the base of an error class: `class OutOfStock extends WardError<{ sku: string }>("OutOfStock", 409) {}`, then
 * `throw new OutOfStock({ sku })`. Name and status are literals; `title` is what a person reads.
 */
export declare function WardError<Data = undefined>(name: string, status: number, title?: string): {
	new (...data: [Data] extends [undefined] ? [] : [data: Data]): DeclaredError<Data>;
};

/** What a refused host call is rejected with. */
export interface HostError extends Error {
	readonly code: "denied" | "invalid" | "conflict" | "timeout" | "limit" | "unavailable" | (string & {});
}

/** A page. Made by html`…` alone, and the whole result of a function: it is sent as text/html. */
export interface Html {
	readonly " html": never;
}

export type HtmlValue = string | number | bigint | boolean | null | undefined | Html | readonly HtmlValue[];

/**
 * A page or a part of one. Each value is written for the place where it stands (text, attribute, address); where no value
 * is safe (scripts, styles, tags, unquoted attributes) it is a compile error. null, undefined and false are nothing.
 */
export declare function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html;

/** What an upload can be. HTML and SVG are not among them: both carry scripts. */
export type FileType =
	| "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "video/mp4" | "video/webm" | "audio/mpeg" | "font/woff2"
	| "application/pdf" | "application/zip" | "application/gzip" | "application/json" | "text/csv" | "text/plain";

/**
 * A file that was sent, as a member of an input or as the whole of it: `File<"image/png" | "image/jpeg", { maxBytes: 5_000_000 }>`.
 * It has been found, by its content, to be of the type that it says, and of no other.
 */
export interface File<Type extends FileType, Limits extends { maxBytes: number }> {
	/** As its sender called it: no path, no control character. Empty when the file was the whole body. */
	readonly name: string;
	readonly type: Type;
	readonly size: number;
	readonly bytes: Uint8Array;
	readonly " limits"?: Limits;
}

/** A redirect to another address of the app, as the whole result of a function. */
export interface Redirect {
	readonly " redirect": never;
}

export declare function redirect(to: `/${string}`, status?: 302 | 303 | 307 | 308): Redirect;
