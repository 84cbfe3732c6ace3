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
	type?: string;
	title?: string;
	detail?: string;
	id?: string;
	errors?: Problem[];
	error?: string;
	data?: unknown;
	/** Of sign-in that asks for work. */
	challenge?: string;
	bits?: number;
}

/** Sign-in asks for work first; the client does it. */
class WorkNeeded extends ApiError {
	readonly challenge: string;
	readonly bits: number;
	constructor(reply: ProblemReply) {
		super(reply);
		this.challenge = reply.challenge ?? "";
		this.bits = reply.bits ?? 0;
	}
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
	if (reply.type === "proof-needed" && reply.challenge !== undefined && canWork(reply.bits ?? 0)) return new WorkNeeded(reply);
	if (response.status === 429 || response.status === 503) {
		const busy = new TryLater(reply);
		busy.retryAfterSeconds = Number(response.headers.get("retry-after") ?? 1) || 1;
		return busy;
	}
	const kinds: Record<number, typeof ApiError> = { 400: InvalidInput, 401: SignInNeeded, 403: NotAllowed };
	return new (kinds[response.status] ?? ApiError)(reply);
}

type Body = string | Blob | FormData | undefined;

const unreachable = (cause: unknown): Unreachable =>
	Object.assign(new Unreachable({ status: 0, title: "The server cannot be reached" }), { cause });

/** More than the server asks for is not worked at. */
const bitsMax = 24;
/** How often a call works before it gives up: others may use a proof up meanwhile. */
const worksMax = 3;

/** The first 32 bits behind the point of the square or cube roots of the first primes: the constants of SHA-256 (FIPS 180-4 section 4.2.2, 5.3.3). */
function rootsOfPrimes(count: number, root: (n: number) => number): Uint32Array {
	const primes: number[] = [];
	for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
	return Uint32Array.from(primes, (p) => (root(p) % 1) * 2 ** 32);
}

const initial = rootsOfPrimes(8, Math.sqrt);
const rounds = rootsOfPrimes(64, Math.cbrt);
const schedule = new Uint32Array(64);
const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n));

/** One block of SHA-256 (FIPS 180-4 section 6.2.2): 64 bytes at `at` go into the eight words of `state`. */
function block(state: Uint32Array, bytes: DataView, at: number): void {
	const w = schedule;
	for (let i = 0; i < 16; i++) w[i] = bytes.getUint32(at + 4 * i);
	for (let i = 16; i < 64; i++) {
		const x = w[i - 15]!, y = w[i - 2]!;
		w[i] = w[i - 16]! + w[i - 7]! + (rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)) + (rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10));
	}
	let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
	for (let i = 0; i < 64; i++) {
		const t = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i]! + w[i]!) | 0;
		const u = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
		h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
	}
	[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = state[i]! + word));
}

/** The first 32 bits of the SHA-256 of an ASCII text. */
function firstWord(text: string): number {
	const length = text.length;
	const bytes = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
	for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
	bytes[length] = 0x80;
	const view = new DataView(bytes.buffer);
	view.setUint32(bytes.length - 4, length * 8);
	const state = initial.slice();
	for (let at = 0; at < bytes.length; at += 64) block(state, view, at);
	return state[0]!;
}

/** How long the page is held up at a time, in milliseconds. */
const spell = 20;

/**
 * The work that a server asks for while it is under attack: a number after the text whose SHA-256 begins with so many zero bits, a
 * second's worth. It begins anywhere, since a proof that is used up is no good again and the text stays the same for minutes. The
 * platform's own SHA-256 answers later each time and is ten times slower for such short texts, and not there over plain HTTP.
 */
async function solve(text: string, bits: number): Promise<string> {
	for (let n = Math.floor(Math.random() * 2 ** 40); ; await new Promise((resolve) => setTimeout(resolve)))
		for (const end = Date.now() + spell; Date.now() < end;)
			for (const last = n + 64; n < last; n++) if (firstWord(`${text}:${n}`) >>> (32 - bits) === 0) return `${text}:${n}`;
}

const canWork = (bits: number): boolean => bits >= 1 && bits <= bitsMax;

/** Sent along once the server has asked for one: it is good for some requests, of all calls together. */
let proof: Promise<string> | undefined;

async function request(spec: Spec, url: string, body: Body, options: CallOptions, sent: string | undefined): Promise<Response> {
	const headers: Record<string, string> = { accept: "application/json", ...extraHeaders, ...options.headers };
	if (typeof body === "string") headers["content-type"] = "application/json";
	if (sent !== undefined) headers["ward-proof"] = sent;
	const init: RequestInit = { method: spec.method, headers, credentials: "same-origin", redirect: "error" };
	if (body !== undefined) init.body = body;
	if (options.signal) init.signal = options.signal;
	return fetch(baseUrl + url, init).catch((cause: unknown) => {
		throw unreachable(cause);
	});
}

/** As often as the answer is a challenge, the work is done, once for all calls that wait for it, and the request goes out again. */
async function ask(spec: Spec, url: string, body: Body, options: CallOptions): Promise<Response> {
	for (let works = 0; ; works++) {
		const used = proof;
		const response = await request(spec, url, body, options, await used);
		const [, bits, nonce] = /^sha256 (\d{1,2}) ([0-9a-f]+)$/.exec(response.headers.get("ward-challenge") ?? "") ?? [];
		if (response.status !== 429 || nonce === undefined || works === worksMax || !canWork(Number(bits))) return response;
		if (proof === used) proof = solve(nonce, Number(bits));
	}
}

async function send(spec: Spec, input: Record<string, unknown> | Blob, options: CallOptions): Promise<unknown> {
	const { url, body } = place(spec, input);
	const response = await ask(spec, url, body, options);
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
	const answer = await send(spec, { ...input }, {}).catch(async (error: unknown) => {
		if (!(error instanceof WorkNeeded)) throw error;
		return send(spec, { ...input, proof: await solve(error.challenge, error.bits) }, {});
	});
	return (answer as { user: Account }).user;
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
