// Whether all is well, in one sentence; then the numbers behind it.
import type { Chart, FunctionState, Incident, Minute, Overview } from "../api.ts";
import { Spark, TimeChart, useRange, whole } from "../chart.tsx";
import { capital, count, duration, latency, plural, rate, share, short, us } from "../format.ts";
import { useGet, useNow, useSeen, useTitle } from "../hooks.ts";
import { useIncidents, useOverview } from "../live.ts";
import { actionWords, kindWords, stateTone, story } from "../outcomes.ts";
import { Choice, Empty, FunctionLink, Head, Lines, Mark, Section, Table, Tag, Time, Wait } from "../parts.tsx";
import { Link, at } from "../router.tsx";
import { badLines, latencyLines, rateLines } from "../series.ts";
import { Tape } from "../tape.tsx";

/** The state of the app as one would say it to a colleague. */
function statement(o: Overview): [tone: "ok" | "refused" | "failed", words: string] {
	if (o.records === 0) return ["ok", "Nobody has called yet."];
	if (o.incidents.acting > 0)
		return [
			"failed",
			`${capital(plural(o.incidents.acting, "incident"))} ${o.incidents.acting === 1 ? "is" : "are"} being acted on.`,
		];
	if (o.minute.error_share > 0.02)
		return ["failed", `${share(o.minute.error_share)} of calls failed in the last minute.`];
	if (o.incidents.live > 0) return ["refused", `${capital(plural(o.incidents.live, "incident"))} to look at.`];
	return ["ok", o.minute.calls > 0 ? "All is well." : "All is quiet."];
}

function Statement({ o }: { o: Overview }) {
	const [tone, words] = statement(o);
	const { minute } = o;
	return (
		<Head
			title={
				<>
					<span class={`statement ${tone}`}>{words}</span>
				</>
			}
			lead={
				<>
					{minute.calls > 0 ? (
						<>
							{capital(plural(minute.calls, "call"))} in the last minute, half of them answered within{" "}
							{latency(minute.p50_us)} and ninety-nine in a hundred within {latency(minute.p99_us)}.{" "}
							{minute.failures === 0 ? "None failed" : `${capital(plural(minute.failures, "call"))} failed`}
							{minute.refused > 0
								? `; ${plural(minute.refused, "call")} ${minute.refused === 1 ? "was" : "were"} refused before a function saw ${minute.refused === 1 ? "it" : "them"}.`
								: "."}
						</>
					) : (
						<>
							Since {duration(o.now_ms - o.since_s * 1000)} ward has seen {plural(o.records, "call")}.
						</>
					)}
					{o.learning > 0 && (
						<>
							{" "}
							{o.learning === o.function_count && o.learning > 1
								? "All functions"
								: capital(plural(o.learning, "function"))}{" "}
							{o.learning === 1 ? "is" : "are"} still being learned.
						</>
					)}
					{o.undelivered > 0 && (
						<>
							{" "}
							<Link to={`${at("incidents")}#told`}>
								{capital(plural(o.undelivered, "message"))} about incidents {o.undelivered === 1 ? "was" : "were"} taken by
								nobody
							</Link>
							.
						</>
					)}
					{o.records_dropped > 0 && (
						<> {capital(plural(o.records_dropped, "record"))} were lost because the monitor was behind.</>
					)}
				</>
			}
		/>
	);
}

function Figure({ name, value, note }: { name: string; value: string; note: string }) {
	return (
		<div class="figure">
			<h2>{name}</h2>
			<p class="value">{value}</p>
			<p class="note">{note}</p>
		</div>
	);
}

function Charts({ minute, chart }: { minute: Minute | undefined; chart: Chart }) {
	const m = minute;
	return (
		<div class="trio">
			<section aria-label="Rate">
				<Figure name="Calls" value={m ? rate(m.rate) : "–"} note="a second" />
				<TimeChart
					label="Calls a second"
					time={chart.time_s}
					format={rate}
					least={1}
					lines={rateLines(chart)}
					marks={chart.marks}
				/>
			</section>
			<section aria-label="Latency">
				<Figure name="Time to answer" value={m ? latency(m.p99_us) : "–"} note="for 99 of 100" />
				<TimeChart label="Time to answer" time={chart.time_s} format={us} logarithmic lines={latencyLines(chart)} />
			</section>
			<section aria-label="Failures and refusals">
				<Figure
					name="Failed"
					value={m ? share(m.error_share) : "–"}
					note={m ? `${count(m.failures)} failed, ${count(m.refused)} refused` : ""}
				/>
				<TimeChart
					label="Failures, refusals and denials"
					time={chart.time_s}
					format={short}
					least={4}
					lines={badLines(chart)}
				/>
			</section>
		</div>
	);
}

/** What needs a look first, then what is busiest. */
const matter = (f: FunctionState): number =>
	(f.action !== "none" ? 4e9 : 0) +
	f.incidents * 1e9 +
	(f.minute.denials > 0 ? 5e8 : 0) +
	f.minute.error_share * 1e8 +
	f.minute.rate;

export function FunctionSpark({ name }: { name: string }) {
	const [ref, seen] = useSeen<HTMLSpanElement>();
	const { data } = useGet<Chart>(seen ? `functions/${encodeURIComponent(name)}/chart?range=15m` : null, 30000);
	const rates = data && whole(data).rate;
	const most = rates ? Math.max(0, ...rates.map((v) => v ?? 0)) : 0;
	return (
		<span ref={ref}>
			<Spark values={rates} label={`Calls in the last quarter of an hour, at most ${rate(most)} a second`} />
		</span>
	);
}

export function Standing({ of }: { of: FunctionState }) {
	if (of.action !== "none") return <Tag tone="failed">{actionWords(of.action)}</Tag>;
	if (of.incidents > 0) return <Tag tone="failed">{plural(of.incidents, "incident")}</Tag>;
	if (of.minute.failures > 0) return <Tag tone="failed">failing</Tag>;
	if (of.learning) return <Tag>learning</Tag>;
	return <Tag tone="ok">as usual</Tag>;
}

function Functions({ of }: { of: FunctionState[] }) {
	const rows = [...of].sort((a, b) => matter(b) - matter(a) || a.name.localeCompare(b.name)).slice(0, 8);
	return (
		<Table
			caption="The functions that matter now"
			rows={rows}
			keyOf={(f) => f.name}
			columns={[
				{ head: "Function", cell: (f) => <FunctionLink name={f.name} /> },
				{ head: "Now", label: "", cell: (f) => <Standing of={f} /> },
				{ head: "Last 15 min", label: "", class: "spark-cell", cell: (f) => <FunctionSpark name={f.name} /> },
				{ head: "Calls/s", class: "n", cell: (f) => rate(f.minute.rate) },
				{ head: "Half in", class: "n", cell: (f) => latency(f.minute.p50_us) },
				{ head: "99% in", class: "n", cell: (f) => latency(f.minute.p99_us) },
				{
					head: "Failed",
					class: "n",
					cell: (f) => <span class={f.minute.failures ? "failed-text" : "quiet"}>{share(f.minute.error_share)}</span>,
				},
			]}
		/>
	);
}

export function IncidentCard({ of: i }: { of: Incident }) {
	return (
		<article class="incident-card">
			<h3>
				<Mark tone={stateTone(i.state)} />
				<Link to={at("incidents", String(i.id))}>{kindWords(i.kind)}</Link>
			</h3>
			<p class="meta">
				<FunctionLink name={i.function} /> · {plural(i.signals, "signal")}, newest <Time ms={i.last_ms} relative /> ·{" "}
				{actionWords(i.action).toLowerCase()}
			</p>
			<p class="prose">{story(i)}</p>
		</article>
	);
}

function Incidents() {
	const asked = useGet<{ incidents: Incident[] }>("incidents?state=live", 15000);
	const all = useIncidents(asked.data?.incidents)?.filter((i) => i.state !== "closed");
	useNow(10000);
	return (
		<Section
			id="open-incidents"
			title="Open incidents"
			aside={<Link to={at("incidents")}>All</Link>}
			class="incidents-column"
		>
			<Wait of={asked} lines={3}>
				{() =>
					all && all.length > 0 ? (
						[...all]
							.sort((a, b) => Number(b.state === "acting") - Number(a.state === "acting"))
							.slice(0, 3)
							.map((i) => <IncidentCard key={i.id} of={i} />)
					) : (
						<Empty title="None.">Strange behaviour appears here, with what was done about it.</Empty>
					)
				}
			</Wait>
		</Section>
	);
}

export function OverviewPage() {
	useTitle("Overview");
	const live = useOverview();
	const asked = useGet<Overview>("overview", live ? 0 : 5000);
	const o = live ?? asked.data;
	const { range, choose, words, shown, everyMs } = useRange(o);
	const chart = useGet<Chart>(o ? `chart?range=${range}` : null, everyMs);
	return (
		<>
			{o ? <Statement o={o} /> : <Head title="Overview" />}
			{!o && <Wait of={asked}>{() => null}</Wait>}
			{o && o.records === 0 && (
				<Empty title="Waiting for the first call.">
					As soon as somebody calls a function of <span class="code">{o.app}</span>, it appears here within a second.
					Try one: <Link to={at("functions")}>the functions and their addresses</Link>.
				</Empty>
			)}
			<div class="range">
				<Choice name="range" label="Time shown" of={words} value={range} onChange={choose} />
			</div>
			<Wait of={chart} lines={5}>
				{(c) => <Charts minute={o?.minute} chart={shown(c)} />}
			</Wait>
			<Tape />
			<div class="split">
				<Section id="matter" title="What matters now" aside={<Link to={at("functions")}>All functions</Link>}>
					{o ? <Functions of={o.functions} /> : <Lines count={5} />}
				</Section>
				<Incidents />
			</div>
		</>
	);
}
