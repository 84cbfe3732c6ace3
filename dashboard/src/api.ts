// The operators' interface in types, kept by hand beside docs/dashboard-api.md, and the one place that talks to it.

export type Hex = string;

export interface Minute {
	calls: number;
	rate: number;
	failures: number;
	refused: number;
	denials: number;
	error_share: number;
	p50_us: number | null;
	p95_us: number | null;
	p99_us: number | null;
	cpu_us: number;
	bytes_in: number;
	bytes_out: number;
}

export type InForce = "none" | "throttle" | "quarantine" | "challenge";

export interface FunctionState {
	name: string;
	version: Hex;
	calls: number;
	failures: number;
	denials: number;
	action: InForce;
	learning: boolean;
	incidents: number;
	minute: Minute;
}

export interface Overview {
	app: string;
	now_ms: number;
	since_s: number;
	generation: number;
	records: number;
	records_dropped: number;
	records_refused: number;
	minute: Minute;
	incidents: { live: number; acting: number };
	learning: number;
	function_count: number;
	/** Messages that no webhook took. */
	undelivered: number;
	/** In the stream, of many functions, only those that there is something to tell of. */
	functions: FunctionState[];
}

export interface FunctionRow extends FunctionState {
	why: string;
	method: string;
	path: string;
	auth: string;
	source: string;
	last_ms: number;
}

export type Operation = "read" | "insert" | "update" | "delete";

export interface ColumnGrant {
	table: string;
	column: string;
	operation: Operation;
	via: string;
}

export interface QueryContract {
	name: string;
	kind: string;
	file: string;
	line: number;
	sql: string;
	grants: ColumnGrant[];
}

/** A function's part of .ward/build/app.json, as far as the page speaks of it. */
export interface Contract {
	auth?: { kind?: string; [more: string]: unknown } | string;
	limits?: Record<string, unknown>;
	egress?: { host: string; port?: number; tls?: boolean; methods?: string[]; paths?: string[]; why?: string }[];
	secrets?: (string | { name: string })[];
	publish?: (string | { name: string })[];
	input?: Schema | null;
	output?: Schema | null;
	errors?: { name: string; status: number; title?: string }[];
	[more: string]: unknown;
}

export type Schema = { [keyword: string]: unknown } | boolean;

export interface Profile {
	learned: boolean;
	learn_until_ms: number;
	/** It began from the author's ward.profile. */
	committed: boolean;
	/** How far the newest calls are from it, in learned spreads. */
	deviation: number;
	invocations: number;
	words: string[];
	calls: { kind: string; name: string; count: number; most: number }[];
	follows: { from: string; to: string; count: number }[];
}

export interface FunctionDetail extends FunctionRow {
	contract: Contract;
	queries: QueryContract[];
	versions: { version: Hex; first_ms: number; last_ms: number; calls: number; failures: number }[];
	profile: Profile;
	outcomes: Record<string, number>;
	callers: Record<string, number>;
}

export type Series = (number | null)[];

export interface Chart {
	from_s: number;
	to_s: number;
	step_s: number;
	tier: string;
	time_s: number[];
	calls: Series;
	rate: Series;
	failures: Series;
	refused: Series;
	denials: Series;
	p50_us: Series;
	p95_us: Series;
	p99_us: Series;
	cpu_us: Series;
	memory_kib_max: Series;
	bytes_in: Series;
	bytes_out: Series;
	host_calls: Series;
	marks: { time_s: number; kind: string; text: string; id?: number }[];
}

export interface ErrorGroup {
	id: Hex;
	function: string;
	outcome: string;
	message: string;
	stack: string[];
	count: number;
	first_ms: number;
	last_ms: number;
	version: Hex;
	request: Hex;
}

export interface RequestRow {
	id: Hex;
	time_ms: number;
	function: string;
	version: Hex;
	trigger: string;
	status: number;
	outcome: string;
	caller: Hex;
	caller_class: string;
	address: Hex;
	wall_us: number;
	queue_us: number;
	cpu_us: number;
	memory_kib: number;
	bytes_in: number;
	bytes_out: number;
	denials: number;
	trace: Hex;
}

export interface HostCall {
	kind: string;
	name: string;
	start_us?: number;
	took_us?: number;
}

export interface RequestDetail extends RequestRow {
	calls: HostCall[];
	calls_more: number;
	host_calls: Record<string, number>;
	denied?: HostCall;
	refused_field?: string;
	payload?: { class: string; field: string };
	error?: Hex;
	span: Hex;
	parent: Hex;
	incidents: number[];
}

export interface Trace {
	trace: Hex;
	requests: RequestDetail[];
}

export interface Grant extends ColumnGrant {
	function: string;
	query: string;
	owner_bound: boolean;
	used: boolean;
}

export interface Authority {
	tables: { name: string; columns: string[]; sensitive?: string[] }[];
	functions: { name: string; auth: string; egress: string[]; secrets: string[]; publish: string[] }[];
	grants: Grant[];
}

export type IncidentState = "open" | "acting" | "quiet" | "closed";

export interface Incident {
	id: number;
	kind: string;
	exact: boolean;
	function: string;
	state: IncidentState;
	action: string;
	rule: string;
	opened_ms: number;
	acted_ms: number;
	last_ms: number;
	closed_ms: number;
	ends_ms: number;
	signals: number;
	subject: { kind: "" | "caller" | "address"; id: Hex };
	words: string;
	advice: string;
	timeline: { time_ms: number; what: string; by: string }[];
	evidence: {
		time_ms: number;
		words: string;
		value: number;
		expected: number;
		unit: string;
		request: Hex;
		caller: Hex;
		address: Hex;
	}[];
	newest: string;
}

export interface Action {
	id: number;
	action: string;
	function: string;
	caller: Hex;
	address: Hex;
	prefix: string;
	since_ms: number;
	until_ms: number;
	incident: number;
	by: string;
	why: string;
}

export interface NewAction {
	action: "quarantine" | "throttle" | "challenge" | "ban";
	function?: string;
	caller?: Hex;
	address?: Hex;
	prefix?: string;
	minutes?: number;
	why?: string;
}

export interface Deployment {
	time_ms: number;
	generation: number;
	serves: boolean;
	new: number;
	changed: number;
	gone: number;
	/** The first of them by name. */
	functions: { name: string; change: "new" | "changed" | "gone" }[];
	/** That opened within ten minutes of it. */
	incidents: number[];
}

export type DeliveryState = "waiting" | "under way" | "taken" | "dead";

/** What a webhook was told of an incident. */
export interface Delivery {
	id: number;
	to: string;
	incident: number;
	event: string;
	state: DeliveryState;
	tries: number;
	status: number;
	why: string;
	made_ms: number;
	next_ms: number;
	ended_ms: number;
}

export interface AuditEvent {
	id: number;
	time_ms: number;
	kind: string;
	realm: "app" | "operator";
	user: string;
	address: string;
	detail: string;
	by: string;
}

export interface Identity {
	users: number;
	disabled: number;
	sessions: number;
	with_second_factor: number;
	passkeys: number;
	api_keys: number;
	since_ms: number;
	signed_in: number;
	refused: number;
	delayed: number;
	signed_up: number;
	stuffing: boolean;
	minutes: { time_s: number[]; signed_in: Series; refused: Series; delayed: Series };
}

export interface Process {
	name: string;
	function: string;
	index: number;
	pid: number;
	state: string;
	restarts: number;
	memory_kib: number;
	age_ms: number;
	last_end: string;
}

export interface Processes {
	app: string;
	generation: number;
	denials: number;
	processes: Process[];
}

export interface LogLine {
	time_ms: number;
	level: string;
	process: string;
	function: string;
	request: Hex;
	text: string;
}

/** What the stream says, by the name of its event. */
export interface StreamEvents {
	hello: { app: string; generation: number; now_ms: number };
	overview: Overview;
	requests: { requests: RequestRow[]; more: number };
	incident: Incident;
	action: { actions: Action[] };
	processes: Processes;
}

export const api = "/_ward/api/";

/** A refusal of the interface, in its own words. */
export class Problem extends Error {
	constructor(
		readonly status: number,
		readonly title: string,
		readonly detail = "",
		readonly retryAfter = 0,
	) {
		super(detail ? `${title}. ${detail}` : title);
	}
}

async function refusal(answer: Response): Promise<Problem> {
	const retry = Number(answer.headers.get("retry-after") ?? 0) || 0;
	try {
		const body = (await answer.json()) as { title?: string; detail?: string };
		return new Problem(answer.status, body.title ?? answer.statusText, body.detail ?? "", retry);
	} catch {
		return new Problem(answer.status, answer.statusText || `Status ${answer.status}`, "", retry);
	}
}

/** An operator who is not signed in goes to the door, and comes back to where they wanted to be. */
function signIn(): void {
	location.assign(`/_ward/operator/?to=${encodeURIComponent(location.pathname + location.search)}`);
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
	let answer: Response;
	try {
		answer = await fetch(api + path, { credentials: "same-origin", ...init });
	} catch (why) {
		if (why instanceof DOMException && why.name === "AbortError") throw why;
		throw new Problem(
			0,
			"ward does not answer",
			"It is being restarted, or the network is away. This page keeps trying.",
		);
	}
	if (answer.status === 401) signIn();
	if (!answer.ok) throw await refusal(answer);
	return (await answer.json()) as T;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>(path, signal ? { signal } : {});

export const post = <T>(path: string, body: unknown): Promise<T> =>
	ask<T>(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** "a=1&b=2" of what is set. */
export function query(values: Record<string, string | number | undefined>): string {
	const q = new URLSearchParams();
	for (const [name, value] of Object.entries(values))
		if (value !== undefined && value !== "") q.set(name, String(value));
	return q.toString();
}
