// A function's contract in sentences. What is said here is read from the contract that serves, member by member; nothing is
// guessed where a member is missing.
import type { ColumnGrant, FunctionDetail, Grant, QueryContract, Schema } from "./api.ts";
import { bytes, list, plural, us } from "./format.ts";

const who: Record<string, string> = {
	public: "Anybody may call it",
	user: "Whoever is signed in may call it",
	admin: "Administrators may call it",
	none: "Nobody from outside may call it",
};

type Auth = { kind?: string; name?: string; fresh_us?: number; mfa?: boolean; tenant?: boolean };

export function authWords(f: Pick<FunctionDetail, "auth" | "contract">): string {
	const auth: Auth = typeof f.contract.auth === "object" ? (f.contract.auth as Auth) : { kind: f.auth };
	const kind = auth.kind ?? f.auth;
	let words =
		who[kind] ??
		(auth.name ? `Callers with the ${kind} ${auth.name} may call it` : `Callers of the kind ${kind} may call it`);
	if (auth.fresh_us) words += `, having signed in within ${us(auth.fresh_us)}`;
	if (auth.mfa) words += ", with a second factor";
	if (auth.tenant) words += ", within their own tenant";
	return words;
}

const verbs: Record<string, string> = { read: "read", insert: "add to", update: "change", delete: "delete from" };

/** "read orders (id, status)": the columns of one table together. */
export function grantWords(grants: ColumnGrant[]): { operation: string; table: string; columns: string[] }[] {
	const rows = new Map<string, { operation: string; table: string; columns: string[] }>();
	for (const g of grants) {
		const key = `${g.operation} ${g.table}`;
		const row = rows.get(key) ?? { operation: g.operation, table: g.table, columns: [] };
		rows.set(key, row);
		if (g.column && !row.columns.includes(g.column)) row.columns.push(g.column);
	}
	return [...rows.values()];
}

export const verb = (operation: string): string => verbs[operation] ?? operation;

const bound = /:(auth_user|auth_role|auth_tenant)\b/;
export const isBound = (q: QueryContract): boolean => bound.test(q.sql);

const operations = (queries: QueryContract[], which: (o: string) => boolean): string[] =>
	[...new Set(queries.flatMap((q) => q.grants.filter((g) => which(g.operation)).map((g) => g.table)))].sort();

function dataSentence(queries: QueryContract[]): string {
	if (queries.length === 0) return "It touches no data.";
	const reads = operations(queries, (o) => o === "read");
	const writes = operations(queries, (o) => o !== "read");
	const open = queries.filter((q) => !isBound(q));
	const does = [
		reads.length ? `reads from ${list(reads)}` : "",
		writes.length ? `writes to ${list(writes)}` : "",
	].filter(Boolean);
	const own =
		open.length === 0
			? "; every one of them is bound to the caller"
			: open.length < queries.length
				? `; ${list(open.map((q) => q.name))} ${open.length === 1 ? "is" : "are"} not bound to the caller`
				: "";
	return `By ${plural(queries.length, "query", "queries")} it ${does.join(" and ")}${own}.`;
}

const names = (of: (string | { name: string })[] | undefined): string[] =>
	(of ?? []).map((s) => (typeof s === "string" ? s : s.name));

function reachSentence(f: FunctionDetail): string {
	const hosts = (f.contract.egress ?? []).map(
		(e) =>
			`${e.host}${e.port && e.port !== 443 ? `:${e.port}` : ""}${e.methods?.length ? ` (${e.methods.join(", ")}${e.paths?.length ? ` ${e.paths.join(", ")}` : ""})` : ""}`,
	);
	const secrets = names(f.contract.secrets);
	const topics = names(f.contract.publish);
	const parts = [
		hosts.length ? `sends requests to ${list(hosts)}` : "reaches no other host",
		secrets.length ? `uses the ${secrets.length === 1 ? "secret" : "secrets"} ${list(secrets)}` : "",
		topics.length ? `publishes ${list(topics)}` : "",
	].filter(Boolean);
	return `It ${list(parts)}.`;
}

type Limits = {
	cpu_us?: number;
	wall_us?: number;
	memory_bytes?: number;
	body_bytes?: number;
	concurrency?: number;
	rate?: { count?: number; per_us?: number; scope?: string };
};

function limitSentence(l: Limits): string {
	const parts = [
		l.cpu_us ? `${us(l.cpu_us)} of CPU` : "",
		l.memory_bytes ? `${binary(l.memory_bytes)} of memory` : "",
		l.wall_us ? `${us(l.wall_us)} in all` : "",
	].filter(Boolean);
	const many = l.concurrency ? `; ${l.concurrency} may run at a time` : "";
	const rate = l.rate?.count
		? `. It takes ${plural(l.rate.count, "call")} ${per(l.rate.per_us ?? 0)} of each ${l.rate.scope ?? "caller"}`
		: "";
	return parts.length ? `A call gets ${list(parts)}${many}${rate}.` : "";
}

const spans: Record<number, string> = {
	1_000_000: "a second",
	60_000_000: "a minute",
	3_600_000_000: "an hour",
	86_400_000_000: "a day",
};
const per = (span_us: number): string => spans[span_us] ?? `in ${us(span_us)}`;

const binary = (n: number): string => (n % (1 << 20) === 0 ? `${n >> 20}\u202fMiB` : bytes(n));

export function contractWords(f: FunctionDetail): string[] {
	const access = f.method && f.path ? `${authWords(f)}, by ${f.method} ${f.path}.` : `${authWords(f)}.`;
	return [access, dataSentence(f.queries), reachSentence(f), limitSentence((f.contract.limits ?? {}) as Limits)].filter(
		Boolean,
	);
}

type Keywords = {
	type?: string | string[];
	properties?: Record<string, Schema>;
	required?: string[];
	items?: Schema;
	enum?: unknown[];
	const?: unknown;
	anyOf?: Schema[];
	oneOf?: Schema[];
	$ref?: string;
	title?: string;
	minimum?: number;
	maximum?: number;
	maxLength?: number;
	format?: string;
};

/** A schema as a TypeScript type would say it; `pii` and `secret` fields are marked. */
export function typeText(schema: Schema | null | undefined, indent = ""): string {
	if (schema === null || schema === undefined) return "nothing";
	if (typeof schema === "boolean") return schema ? "unknown" : "never";
	const s = schema as Keywords;
	const more = `${indent}  `;
	if (s.const !== undefined) return JSON.stringify(s.const);
	if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(" | ");
	const any = s.anyOf ?? s.oneOf;
	if (any) return any.map((a) => typeText(a, indent)).join(" | ");
	if (s.$ref) return s.$ref.split("/").pop() ?? "";
	if (s.type === "object" && s.properties) {
		const rows = Object.entries(s.properties).map(
			([name, of]) => `${more}${name}${s.required?.includes(name) ? "" : "?"}: ${typeText(of, more)}${marks(of)}`,
		);
		return rows.length ? `{\n${rows.join("\n")}\n${indent}}` : "{}";
	}
	if (s.type === "array") {
		const item = typeText(s.items ?? true, indent);
		return item.includes("\n") || item.includes(" | ") ? `Array<${item}>` : `${item}[]`;
	}
	return scalarText(s, schema as Record<string, unknown>);
}

function scalarText(s: Keywords, of: Record<string, unknown>): string {
	const own = of["x-ward-type"];
	const type = typeof own === "string" ? own : Array.isArray(s.type) ? s.type.join(" | ") : (s.type ?? "unknown");
	const range =
		s.minimum !== undefined || s.maximum !== undefined
			? `(${s.minimum ?? ""}..${s.maximum ?? ""})`
			: s.maxLength !== undefined
				? `(..${s.maxLength})`
				: "";
	return `${type}${range}${s.format ? ` ${s.format}` : ""}`;
}

function marks(of: Schema): string {
	if (typeof of === "boolean") return "";
	return `${of["x-ward-secret"] ? "  ◆ secret" : ""}${of["x-ward-pii"] ? "  ◆ personal" : ""}`;
}

/** Columns whose names usually stand for personal or secret data. A hint for the eye, said to be one where it is shown. */
const personal =
	/^(e_?mail|.*_email|phone.*|mobile|name|first_name|last_name|full_name|address.*|street|city|zip|postcode|birth.*|dob|gender|iban|account_no|tax.*|ssn|passport.*|ip|ip_address|note|notes|message|body|customer|user|user_id|owner|author|patient.*|salary|income|location|lat|lon)$/i;
const secret = /(password|passwd|secret|token|api_?key|hash|salt|card|cvv|cvc|pin|charge|private)/i;

export const sensitiveName = (column: string): "secret" | "personal" | "" =>
	secret.test(column) ? "secret" : personal.test(column) ? "personal" : "";

/** Writes count before reads, and what is not bound to the caller before what is. */
export const weight = (g: Grant): number => (g.operation === "read" ? 0 : 2) + (g.owner_bound ? 0 : 1);
