// What the generated client is built on: one request, its problems, its types. It has no dependencies and is copied into
// .ward/client.ts as it is.

/** One thing wrong with an input: where (a JSON Pointer) and what. */
export interface Problem {
	path: string;
	message: string;
}

/** An answer that is no success. Declared errors of functions are subclasses with typed `data`. */
export class ApiError extends Error {
	override readonly name: string = "ApiError";
	readonly status: number;
	/** For the operator's log; absent when no answer came. */
	readonly id: string | undefined;
	readonly problems: readonly Problem[];
	readonly data: unknown;
	constructor(reply: ProblemReply) {
		super(reply.detail ?? reply.title ?? `the server answered ${reply.status}`);
		this.status = reply.status;
		this.id = reply.id;
		this.problems = reply.errors ?? [];
		this.data = reply.data;
	}
}

/** The input was refused: `problems` says where and why. */
export class InvalidInput extends ApiError {
	override readonly name = "InvalidInput";
}
/** Nobody is signed in, or the session has ended. */
export class SignInNeeded extends ApiError {
	override readonly name = "SignInNeeded";
}
/** Signed in, but not allowed. */
export class NotAllowed extends ApiError {
	override readonly name = "NotAllowed";
}
/** Too many requests, or the server is overloaded. */
export class TryLater extends ApiError {
	override readonly name = "TryLater";
	retryAfterSeconds = 1;
}
/** No answer came: offline, aborted, or the server is away. */
export class Unreachable extends ApiError {
	override readonly name = "Unreachable";
}

interface ProblemReply {
	status: number;
	title?: string;
	detail?: string;
	id?: string;
	errors?: Problem[];
	error?: string;
	data?: unknown;
}

export interface CallOptions {
	signal?: AbortSignal;
	headers?: Record<string, string>;
}

export type Result<Output, Failure> = { ok: true; value: Output } | { ok: false; error: Failure };

type Arguments<Input> = [Input] extends [void] ? [input?: undefined, options?: CallOptions]
	: Record<string, never> extends Input ? [input?: Input, options?: CallOptions]
	: [input: Input, options?: CallOptions];

/** A function of the server. Calling it rejects with an ApiError; `result` gives the same as a value, with typed failures. */
export interface Endpoint<Input, Output, Failure> {
	(...args: Arguments<Input>): Promise<Output>;
	result(...args: Arguments<Input>): Promise<Result<Output, Failure | ApiError>>;
}

/** Where strings of an answer are dates, bigints or bytes. */
type Plan = "date" | "bigint" | "bytes" | { items: Plan } | { tuple: (Plan | null)[] } | { values: Plan } | { members: Record<string, Plan> }
	| { tag: string; options: Record<string, Plan> } | { ref: string };

/** Of named types; the generator fills it in. */
const plans: Record<string, Plan> = {};

interface Spec {
	method: string;
	path: string;
	body: boolean;
	/** The input is sent as a form. */
	files?: boolean;
	plan?: Plan;
	errors?: Record<string, { new (reply: ProblemReply): ApiError; plan?: Plan }>;
}

let baseUrl = "";
let extraHeaders: Record<string, string> = {};

/** For clients outside the app's own pages: where the app is, and a bearer token. */
export function configure(options: { baseUrl?: string; bearer?: string }): void {
	baseUrl = (options.baseUrl ?? baseUrl).replace(/\/$/, "");
	extraHeaders = options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` };
}

function toBase64(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += String.fromCharCode(byte);
	return btoa(text);
}

function encode(_key: string, value: unknown): unknown {
	if (typeof value === "bigint") return value.toString();
	return value instanceof Uint8Array ? toBase64(value) : value;
}

function textOf(value: unknown): string {
	return value instanceof Date ? value.toISOString() : value instanceof Uint8Array ? toBase64(value) : String(value);
}

function decode(value: unknown, plan: Plan | null | undefined): unknown {
	if (!plan || value === null || value === undefined) return value;
	if (typeof plan === "string") {
		const text = String(value);
		return plan === "date" ? new Date(text) : plan === "bigint" ? BigInt(text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
	}
	if ("ref" in plan) return decode(value, plans[plan.ref]);
	if ("items" in plan) return Array.isArray(value) ? value.map((item) => decode(item, plan.items)) : value;
	if ("tuple" in plan) return Array.isArray(value) ? value.map((item, i) => decode(item, plan.tuple[i])) : value;
	if (typeof value !== "object" || Array.isArray(value)) return value;
	const object = value as Record<string, unknown>;
	if ("tag" in plan) return decode(object, plan.options[String(object[plan.tag])]);
	const changed: Record<string, unknown> = { ...object };
	for (const key of Object.keys(object)) changed[key] = decode(object[key], "values" in plan ? plan.values : plan.members[key]);
	return changed;
}

const isBlob = (value: unknown): value is Blob => typeof Blob !== "undefined" && value instanceof Blob;

/** Members with files among them: one part each, lists part by part, other data as JSON. */
function form(input: Record<string, unknown>): FormData {
	const data = new FormData();
	for (const [name, value] of Object.entries(input))
		for (const one of Array.isArray(value) && value.every(isBlob) ? value : [value]) {
			if (one === undefined) continue;
			if (isBlob(one)) data.append(name, one, "name" in one ? String(one.name) : name);
			else if (typeof one === "object" && !(one instanceof Date) && !(one instanceof Uint8Array))
				data.append(name, new Blob([JSON.stringify(one, encode)], { type: "application/json" }), name);
			else data.append(name, textOf(one));
		}
	return data;
}

/** Path parameters go into the path, the others into query or body. */
function place(spec: Spec, input: Record<string, unknown> | Blob): { url: string; body: string | Blob | FormData | undefined } {
	if (isBlob(input)) return { url: spec.path, body: input };
	const rest = { ...input };
	const path = spec.path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
		const value = rest[name];
		delete rest[name];
		return encodeURIComponent(textOf(value));
	});
	if (spec.files) return { url: path, body: form(rest) };
	if (spec.body) return { url: path, body: JSON.stringify(rest, encode) };
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(rest))
		for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined && one !== null) query.append(name, textOf(one));
	const text = query.toString();
	return { url: text ? `${path}?${text}` : path, body: undefined };
}

async function problemOf(response: Response): Promise<ProblemReply> {
	const type = response.headers.get("content-type") ?? "";
	const reply = type.includes("json") ? ((await response.json().catch(() => ({}))) as ProblemReply) : ({} as ProblemReply);
	return { ...reply, status: response.status };
}

function errorOf(response: Response, reply: ProblemReply, spec: Spec): ApiError {
	const declared = reply.error === undefined ? undefined : spec.errors?.[reply.error];
	if (declared) return new declared({ ...reply, data: decode(reply.data, declared.plan) });
	if (response.status === 429 || response.status === 503) {
		const busy = new TryLater(reply);
		busy.retryAfterSeconds = Number(response.headers.get("retry-after") ?? 1) || 1;
		return busy;
	}
	const kinds: Record<number, typeof ApiError> = { 400: InvalidInput, 401: SignInNeeded, 403: NotAllowed };
	return new (kinds[response.status] ?? ApiError)(reply);
}

async function send(spec: Spec, input: Record<string, unknown> | Blob, options: CallOptions): Promise<unknown> {
	const { url, body } = place(spec, input);
	const headers: Record<string, string> = { accept: "application/json", ...extraHeaders, ...options.headers };
	if (typeof body === "string") headers["content-type"] = "application/json";
	const init: RequestInit = { method: spec.method, headers, credentials: "same-origin", redirect: "error" };
	if (body !== undefined) init.body = body;
	if (options.signal) init.signal = options.signal;
	const response = await fetch(baseUrl + url, init).catch((cause: unknown) => {
		throw Object.assign(new Unreachable({ status: 0, title: "The server cannot be reached" }), { cause });
	});
	if (!response.ok) throw errorOf(response, await problemOf(response), spec);
	if (response.status === 204 || response.headers.get("content-length") === "0") return undefined;
	return decode(await response.json(), spec.plan);
}

function endpoint<Input, Output, Failure>(spec: Spec): Endpoint<Input, Output, Failure> {
	const call = (input?: unknown, options: CallOptions = {}) => send(spec, (input ?? {}) as Record<string, unknown> | Blob, options);
	const result = (input?: unknown, options?: CallOptions) =>
		call(input, options).then(
			(value) => ({ ok: true, value }),
			(error: unknown) => {
				if (error instanceof ApiError) return { ok: false, error };
				throw error;
			},
		);
	return Object.assign(call, { result }) as unknown as Endpoint<Input, Output, Failure>;
}

/** Who is signed in. */
export interface Account {
	id: string;
	email: string;
	role: string | null;
}

export interface Credentials {
	email: string;
	password: string;
}

const accountCall = (method: string, path: string) => async (input: Credentials | undefined): Promise<Account> => {
	const spec: Spec = { method, path: `/_ward/auth/${path}`, body: method === "POST" };
	return ((await send(spec, { ...input }, {})) as { user: Account }).user;
};

/** Accounts and sessions. The session is a cookie that scripts cannot read. */
export const auth = {
	signUp: (credentials: Credentials): Promise<Account> => accountCall("POST", "sign-up")(credentials),
	signIn: (credentials: Credentials): Promise<Account> => accountCall("POST", "sign-in")(credentials),
	async signOut(): Promise<void> {
		await send({ method: "POST", path: "/_ward/auth/sign-out", body: true }, {}, {});
	},
	/** null: nobody is signed in. */
	async me(): Promise<Account | null> {
		return accountCall("GET", "me")(undefined).catch((error: unknown) => {
			if (error instanceof SignInNeeded) return null;
			throw error;
		});
	},
};
