// One stream of server-sent events for the whole page: whoever is interested subscribes to what it says.
import { useEffect, useState } from "preact/hooks";
import { api, get, type Incident, type Overview, type RequestRow, type StreamEvents } from "./api.ts";

type Name = keyof StreamEvents;
type Ear<N extends Name> = (said: StreamEvents[N]) => void;

const ears = new Map<Name, Set<Ear<Name>>>();
let source: EventSource | undefined;

export type Connection = "connecting" | "live" | "away";
let connection: Connection = "connecting";
const watchers = new Set<(now: Connection) => void>();

const latest: { overview?: Overview; requests: RequestRow[] } = { requests: [] };
const requestsMost = 600;

function connected(now: Connection): void {
	if (connection === now) return;
	connection = now;
	for (const w of watchers) w(now);
}

function hear<N extends Name>(name: N): void {
	source?.addEventListener(name, (event) => {
		const said = JSON.parse((event as MessageEvent<string>).data) as StreamEvents[N];
		if (name === "overview") latest.overview = said as Overview;
		if (name === "requests") remember((said as { requests: RequestRow[] }).requests);
		for (const ear of ears.get(name) ?? []) ear(said);
	});
}

function open(): void {
	source?.close();
	source = new EventSource(`${api}stream`);
	source.onopen = () => connected("live");
	source.onerror = () => {
		connected("away");
		// A browser tries again by itself after a broken connection, not after a refusal.
		if (source?.readyState === EventSource.CLOSED) setTimeout(open, 3000);
	};
	for (const name of ["hello", "overview", "requests", "incident", "action", "processes"] as const) hear(name);
}

/** Called once. A page that nobody looks at gives its place at the stream back. */
export function start(): void {
	open();
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) {
			source?.close();
			connected("connecting");
		} else if (source?.readyState === EventSource.CLOSED) open();
	});
}

export function listen<N extends Name>(name: N, ear: Ear<N>): () => void {
	const of = ears.get(name) ?? new Set();
	ears.set(name, of);
	of.add(ear as Ear<Name>);
	return () => of.delete(ear as Ear<Name>);
}

export function useLive<N extends Name>(name: N, ear: Ear<N>): void {
	useEffect(() => listen(name, ear), []);
}

export function useConnection(): Connection {
	const [now, set] = useState(connection);
	useEffect(() => {
		set(connection);
		watchers.add(set);
		return () => void watchers.delete(set);
	}, []);
	return now;
}

/** What the stream said last of the whole app. */
export function useOverview(): Overview | undefined {
	const [now, set] = useState(latest.overview);
	useLive("overview", set);
	return now;
}

function remember(requests: RequestRow[]): void {
	const known = new Set(latest.requests.map((r) => r.id));
	const fresh = requests.filter((r) => !known.has(r.id));
	latest.requests = [...fresh, ...latest.requests].sort((a, b) => b.time_ms - a.time_ms).slice(0, requestsMost);
}

/** The newest requests: those of before, once, and then what the stream tells of, newest first. */
export function useRecent(): RequestRow[] {
	const [now, set] = useState(latest.requests);
	useEffect(() => {
		get<{ requests: RequestRow[] }>(`requests?limit=${requestsMost}`).then(
			({ requests }) => (remember(requests), set(latest.requests)),
			() => undefined, // the stream goes on alone
		);
	}, []);
	useLive("requests", () => set(latest.requests));
	return now;
}

/** Incidents as they are, corrected by what the stream says since. */
export function useIncidents(asked: Incident[] | undefined): Incident[] | undefined {
	const [changed, set] = useState<Map<number, Incident>>(new Map());
	useLive("incident", (i) => set((old) => new Map(old).set(i.id, i)));
	if (!asked) return undefined;
	const all = new Map(asked.map((i) => [i.id, i]));
	for (const [id, i] of changed) if ((all.get(id)?.last_ms ?? 0) <= i.last_ms) all.set(id, i);
	return [...all.values()].sort((a, b) => b.last_ms - a.last_ms || b.id - a.id);
}
