// The newest requests, by how they ended, function, caller, address and duration.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, query, type FunctionRow, type RequestRow } from "../api.ts";
import { bytes, latency, us } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { ending, outcomes } from "../outcomes.ts";
import { Choice, Empty, FunctionLink, Head, Outcome, RequestLink, Somebody, Table, Time, Wait } from "../parts.tsx";
import { Link, at, go } from "../router.tsx";

const filters = ["function", "outcome", "caller", "address", "slow_us"] as const;
type Filters = Partial<Record<(typeof filters)[number], string>>;

const read = (search: URLSearchParams): Filters =>
	Object.fromEntries(filters.flatMap((f) => (search.get(f) ? [[f, search.get(f) as string]] : [])));

function set(old: Filters, change: Filters): void {
	const next: Record<string, string> = {};
	for (const [name, value] of Object.entries({ ...old, ...change })) if (value) next[name] = value;
	go(at("requests", "", next), { replace: true });
}

const endings = [
	["", "All"],
	["failures", "Failed"],
	["refused", "Refused"],
] as const;
const slownesses = [
	["", "any"],
	["10000", "10 ms"],
	["100000", "100 ms"],
	["1000000", "1 s"],
] as const;

function FilterBar({ now, children }: { now: Filters; children: ComponentChildren }) {
	const functions = useGet<{ functions: FunctionRow[] }>("functions").data?.functions ?? [];
	const outcome = now.outcome ?? "";
	const broad = endings.some(([v]) => v === outcome);
	return (
		<div class="filters" role="search" aria-label="Which requests">
			<Choice
				name="ended"
				label="How they ended"
				of={endings}
				value={broad ? (outcome as "") : ("other" as "")}
				onChange={(v) => set(now, { outcome: v })}
			/>
			<label>
				Ended
				<select value={broad ? "" : outcome} onChange={(e) => set(now, { outcome: e.currentTarget.value })}>
					<option value="">in any way</option>
					{outcomes.map((o) => (
						<option key={o} value={o}>
							{ending(o).words}
						</option>
					))}
				</select>
			</label>
			<label>
				Function
				<select value={now.function ?? ""} onChange={(e) => set(now, { function: e.currentTarget.value })}>
					<option value="">all</option>
					{functions.map((f) => (
						<option key={f.name}>{f.name}</option>
					))}
				</select>
			</label>
			<label>
				Took at least
				<select value={now.slow_us ?? ""} onChange={(e) => set(now, { slow_us: e.currentTarget.value })}>
					{slownesses.map(([v, words]) => (
						<option key={v} value={v}>
							{words}
						</option>
					))}
				</select>
			</label>
			{(["caller", "address"] as const).map(
				(kind) =>
					now[kind] && (
						<button
							type="button"
							key={kind}
							onClick={() => set(now, { [kind]: "" })}
							aria-label={`Only the ${kind} ${now[kind]}: take this filter off`}
						>
							{kind} <span class="code">{now[kind]?.slice(0, 6)}</span> ×
						</button>
					),
			)}
			{children}
		</div>
	);
}

export function RequestsPage({ search }: { search: URLSearchParams }) {
	useTitle("Requests");
	const now = read(search);
	const path = `requests?${query({ limit: 60, ...now })}`;
	const [still, setStill] = useState(false);
	const [older, setOlder] = useState<RequestRow[]>([]);
	const [more, setMore] = useState<boolean>();
	const asked = useGet<{ requests: RequestRow[]; more: boolean }>(path, still ? 0 : 2000);
	useEffect(() => {
		setOlder([]);
		setMore(undefined);
		setStill(false);
	}, [path]);
	const goOn = async (rows: RequestRow[]) => {
		setStill(true);
		const next = await get<{ requests: RequestRow[]; more: boolean }>(
			`${path}&before=${rows[rows.length - 1]?.id ?? ""}`,
		);
		setOlder([...older, ...next.requests]);
		setMore(next.more);
	};
	return (
		<>
			<Head
				title="Requests"
				lead="The newest, one by one. Who called is a keyed hash: enough to tell one from another, and no more."
			/>
			<FilterBar now={now}>
				<button type="button" class="hold" aria-pressed={still} onClick={() => setStill(!still)}>
					{still ? "Follow again" : "Hold still"}
				</button>
			</FilterBar>
			<Wait of={asked} lines={9}>
				{({ requests, more: first }) => {
					const rows = [...requests, ...older.filter((o) => !requests.some((r) => r.id === o.id))];
					return (
						<>
							{rows.length ? (
								<RequestTable rows={rows} />
							) : (
								<Empty title="No such request among the newest.">
									{Object.keys(now).length ? (
										<Link to={at("requests")}>Take all filters off</Link>
									) : (
										"As soon as somebody calls, the call stands here."
									)}
								</Empty>
							)}
							{(more ?? first) && rows.length > 0 && (
								<p class="follow">
									<button type="button" onClick={() => void goOn(rows)}>
										Older ones
									</button>
								</p>
							)}
						</>
					);
				}}
			</Wait>
		</>
	);
}

function RequestTable({ rows }: { rows: RequestRow[] }) {
	return (
		<Table
			caption="Requests"
			rows={rows}
			keyOf={(r) => r.id}
			columns={[
				{ head: "Time", cell: (r) => <Time ms={r.time_ms} /> },
				{ head: "Request", label: "", cell: (r) => <RequestLink id={r.id} /> },
				{ head: "Function", label: "", cell: (r) => <FunctionLink name={r.function} /> },
				{ head: "Ended", label: "", cell: (r) => <Outcome of={r} /> },
				{ head: "Status", class: "n roomy", cell: (r) => r.status || "–" },
				{ head: "Took", class: "n", cell: (r) => latency(r.wall_us) },
				{ head: "CPU", class: "n roomy", cell: (r) => (r.cpu_us ? us(r.cpu_us) : "–") },
				{ head: "Out", class: "n roomy", cell: (r) => bytes(r.bytes_out) },
				{ head: "Caller", cell: (r) => <Somebody id={r.caller} kind="caller" /> },
				{ head: "Address", class: "roomy", cell: (r) => <Somebody id={r.address} kind="address" /> },
			]}
		/>
	);
}
