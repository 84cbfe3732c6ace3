// What went strange, what was done about it, and letting go of it again.
import { useState } from "preact/hooks";
import type { Incident } from "../api.ts";
import { ActionsInForce, Doing } from "../actions.tsx";
import { Deliveries } from "../deliveries.tsx";
import { IncidentCard } from "./overview.tsx";
import { count, duration, full, plural } from "../format.ts";
import { useGet, useNow, useTitle } from "../hooks.ts";
import { useIncidents } from "../live.ts";
import { actionWords, kindWords, sentence, stateTone, stateWords, story } from "../outcomes.ts";
import {
	Choice,
	Empty,
	Facts,
	FunctionLink,
	Gone,
	Head,
	Mark,
	RequestLink,
	Section,
	Somebody,
	Table,
	Tag,
	Time,
	Wait,
	Words,
} from "../parts.tsx";
import { Link, at } from "../router.tsx";

const states = [
	["live", "Open"],
	["all", "All"],
] as const;

export function IncidentsPage() {
	useTitle("Incidents");
	const [state, setState] = useState<"live" | "all">("live");
	const asked = useGet<{ incidents: Incident[] }>(`incidents?state=${state}`, 15000);
	const all = useIncidents(asked.data?.incidents);
	const rows = all?.filter((i) => state === "all" || i.state !== "closed");
	useNow(10000);
	return (
		<>
			<Head
				title="Incidents"
				lead="Signals of one kind about one function, kept together from the first to the last, with the evidence and what was done."
			/>
			<ActionsInForce of={() => true} title="In force now" />
			<Section
				id="list"
				title={state === "live" ? "Open" : "All"}
				aside={<Choice name="state" label="Which" of={states} value={state} onChange={setState} />}
			>
				<Wait of={asked} lines={6}>
					{() =>
						rows && rows.length ? (
							<div class="incident-list">
								{rows.map((i) => (
									<IncidentCard key={i.id} of={i} />
								))}
							</div>
						) : (
							<Nothing all={state === "all"} />
						)
					}
				</Wait>
			</Section>
			<Deliveries />
		</>
	);
}

const Nothing = ({ all }: { all: boolean }) => (
	<Empty title={all ? "Nothing strange has ever been seen." : "Nothing strange is going on."}>
		ward knows of each function what it may do, and learns what it usually does. What departs from either appears here
		within seconds. What is looked for stands in docs/monitoring.md.
	</Empty>
);

export function IncidentPage({ id }: { id: string }) {
	useTitle(`Incident ${id}`);
	const asked = useGet<Incident>(`incidents/${encodeURIComponent(id)}`, 10000);
	const gone = asked.problem?.status === 404;
	const i = useIncidents(asked.data ? [asked.data] : undefined)?.find((x) => String(x.id) === id);
	if (gone)
		return (
			<Gone title="There is no such incident.">
				Those that are long over are forgotten; what operators did stays in the <Link to={at("audit")}>audit</Link>.
			</Gone>
		);
	return (
		<>
			<p class="crumb">
				<Link to={at("incidents")}>Incidents</Link>
			</p>
			{!i && !asked.problem && <Head title={`Incident ${id}`} />}
			<Wait of={asked}>{() => i && <One of={i} onDone={asked.again} />}</Wait>
		</>
	);
}

function Ends({ of: i }: { of: Incident }) {
	const now = useNow(5000);
	if (i.state === "closed") return <Time ms={i.closed_ms} />;
	if (!i.ends_ms) return <span class="quiet">by hand</span>;
	return <span title={full(i.ends_ms)}>in {duration(i.ends_ms - now)}, if it stays quiet</span>;
}

function One({ of: i, onDone }: { of: Incident; onDone: () => void }) {
	return (
		<>
			<Head title={kindWords(i.kind)}>
				<p class="tags">
					<Tag tone={stateTone(i.state)}>{stateWords(i.state)}</Tag>
					<Tag>{i.exact ? "the contract says so" : "by its numbers"}</Tag>
				</p>
				<p class="lead">{story(i)}</p>
				{i.advice && (
					<p class="advice">
						<Words of={i.advice} />
					</p>
				)}
			</Head>
			<Facts
				of={[
					["Function", <FunctionLink name={i.function} />],
					[
						"About",
						i.subject.kind ? (
							<>
								{i.subject.kind} <Somebody id={i.subject.id} kind={i.subject.kind} />
							</>
						) : (
							"the function itself"
						),
					],
					["Signals", count(i.signals)],
					["Since", <Time ms={i.opened_ms} />],
					["Newest", <Time ms={i.last_ms} relative />],
					["Done", i.state === "closed" ? "over" : actionWords(i.action)],
					[i.state === "closed" ? "Ended" : "Ends", <Ends of={i} />],
				]}
			/>
			{i.state !== "closed" && (
				<p class="release">
					<Doing path={`incidents/${i.id}/release`} body={{}} onDone={onDone}>
						Release: it is fine
					</Doing>
					<span class="quiet"> Closes the incident and ends what was done because of it.</span>
				</p>
			)}
			<ActionsInForce of={(a) => a.incident === i.id} />
			<div class="split">
				<Section
					id="evidence"
					title="Evidence"
					aside={
						i.evidence.length < i.signals ? `${plural(i.evidence.length, "signal")} of ${count(i.signals)}` : undefined
					}
				>
					<Evidence of={i} />
				</Section>
				<Section id="timeline" title="Timeline">
					<ol class="timeline">
						{i.timeline.map((t, n) => (
							<li key={n}>
								<Mark tone={timelineTone[t.what] ?? "quiet"} />
								<span>
									{timelineWords[t.what] ?? sentence(t.what)}
									{t.by && <span class="quiet"> by {t.by}</span>}
								</span>
								<Time ms={t.time_ms} />
							</li>
						))}
					</ol>
				</Section>
			</div>
		</>
	);
}

const timelineWords: Record<string, string> = {
	opened: "First seen",
	open: "First seen",
	acting: "Acted on",
	quiet: "Went quiet",
	closed: "Over",
	released: "Released",
};
const timelineTone: Record<string, "failed" | "refused" | "ok" | "quiet"> = {
	opened: "refused",
	open: "refused",
	acting: "failed",
	quiet: "quiet",
	closed: "ok",
	released: "ok",
};

function Evidence({ of: i }: { of: Incident }) {
	if (i.evidence.length === 0) return <Empty title="None was kept." />;
	const measured = i.evidence.some((e) => e.unit && e.expected > 0);
	return (
		<>
			{i.newest && (
				<p class="newest">
					<span class="quiet">The newest:</span> <span class="code">{i.newest}</span>
				</p>
			)}
			<Table
				caption="Evidence"
				rows={i.evidence}
				keyOf={(e) => `${e.time_ms}${e.request}${e.words}`}
				columns={[
					{ head: "Time", cell: (e) => <Time ms={e.time_ms} /> },
					{ head: "What", label: "", class: "wide", cell: (e) => <span class="serif">{e.words}</span> },
					...(measured
						? [
								{
									head: "Seen / before",
									class: "n",
									cell: (e: Incident["evidence"][number]) => <Beside value={e.value} expected={e.expected} />,
								},
							]
						: []),
					{
						head: "Request",
						cell: (e) =>
							e.request && !/^0+$/.test(e.request) ? <RequestLink id={e.request} /> : <span class="quiet">–</span>,
					},
					{
						head: "Who",
						cell: (e) =>
							e.caller && !/^0+$/.test(e.caller) ? (
								<Somebody id={e.caller} kind="caller" />
							) : (
								<Somebody id={/^0*$/.test(e.address) ? "" : e.address} kind="address" />
							),
					},
				]}
			/>
		</>
	);
}

function Beside({ value, expected }: { value: number; expected: number }) {
	return (
		<span>
			<strong>{count(value)}</strong> <span class="quiet">/ {count(expected)}</span>
		</span>
	);
}
