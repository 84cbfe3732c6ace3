// One function: what it may do, what it does, and where it went wrong.
import type { Action, Chart, ErrorGroup, FunctionDetail, RequestRow } from "../api.ts";
import { ActOnFunction, ActionsInForce } from "../actions.tsx";
import { TimeChart, useRange } from "../chart.tsx";
import { bytes, count, kib, latency, plural, rate, share, short, us } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { useOverview } from "../live.ts";
import { ending } from "../outcomes.ts";
import {
	Choice,
	Empty,
	Facts,
	FunctionLink,
	Gone,
	Head,
	Mark,
	Outcome,
	RequestLink,
	Section,
	Somebody,
	Table,
	Tag,
	Time,
	Wait,
} from "../parts.tsx";
import { ProfileFlow } from "../profile-flow.tsx";
import { Link, at } from "../router.tsx";
import { badLines, latencyLines, rateLines } from "../series.ts";
import { contractWords, grantWords, isBound, typeText, verb } from "../words.ts";
import { Standing } from "./overview.tsx";

export function FunctionPage({ name }: { name: string }) {
	useTitle(name);
	const path = `functions/${encodeURIComponent(name)}`;
	const asked = useGet<FunctionDetail>(path, 10000);
	const live = useOverview()?.functions.find((f) => f.name === name);
	if (asked.problem?.status === 404)
		return (
			<Gone title="There is no function of that name.">
				<Link to={at("functions")}>All functions</Link>
			</Gone>
		);
	return (
		<>
			<p class="crumb">
				<Link to={at("functions")}>Functions</Link>
			</p>
			<Head title={name} code lead={asked.data?.why} />
			<Wait of={asked} lines={8}>
				{(f) => (
					<>
						<Facts
							of={[
								["Now", <Standing of={live ?? f} />],
								["Calls a second", rate((live ?? f).minute.rate)],
								["Half in", latency((live ?? f).minute.p50_us)],
								["99% in", latency((live ?? f).minute.p99_us)],
								["Failed", share((live ?? f).minute.error_share)],
								["CPU a call", latency((live ?? f).minute.cpu_us)],
								["Version", <span class="code">{f.version}</span>],
							]}
						/>
						<ActionsInForce of={(a: Action) => a.function === name} />
						<Charts path={path} />
						<ContractSection of={f} />
						<Errors path={path} />
						<Behaviour of={f} />
						<div class="split">
							<Recent name={name} />
							<Versions of={f} />
						</div>
						<ActOnFunction name={name} onDone={asked.again} />
					</>
				)}
			</Wait>
		</>
	);
}

function Charts({ path }: { path: string }) {
	const { range, choose, words, shown, everyMs } = useRange(useOverview());
	const asked = useGet<Chart>(`${path}/chart?range=${range}`, everyMs);
	return (
		<Section
			id="charts"
			title="What it does"
			aside={<Choice name="range" label="Time shown" of={words} value={range} onChange={choose} />}
			class="charts-section"
		>
			<Wait of={asked} lines={6}>
				{(c) => <Grid of={shown(c)} />}
			</Wait>
		</Section>
	);
}

function Grid({ of: c }: { of: Chart }) {
	return (
		<div class="chart-grid">
			<div>
				<h3>Calls a second</h3>
				<TimeChart
					label="Calls a second"
					time={c.time_s}
					format={rate}
					least={1}
					marks={c.marks}
					lines={rateLines(c)}
				/>
			</div>
			<div>
				<h3>Time to answer</h3>
				<TimeChart label="Time to answer" time={c.time_s} format={us} logarithmic lines={latencyLines(c)} />
			</div>
			<div>
				<h3>Failed, refused, denied</h3>
				<TimeChart
					label="Failures, refusals and denials"
					time={c.time_s}
					format={short}
					least={4}
					lines={badLines(c)}
				/>
			</div>
			<div>
				<h3>Memory, the most of a call</h3>
				<TimeChart
					label="Memory"
					time={c.time_s}
					format={kib}
					least={1024}
					lines={[{ label: "memory", colour: "--read", values: c.memory_kib_max, fill: true }]}
				/>
			</div>
			<div>
				<h3>CPU, the mean of a call</h3>
				<TimeChart
					label="CPU"
					time={c.time_s}
					format={us}
					least={100}
					lines={[{ label: "CPU", colour: "--p99", values: c.cpu_us, fill: true }]}
				/>
			</div>
			<div>
				<h3>Bytes in and out</h3>
				<TimeChart
					label="Bytes in and out"
					time={c.time_s}
					format={bytes}
					least={1000}
					lines={[
						{ label: "out", colour: "--p50", values: c.bytes_out, fill: true },
						{ label: "in", colour: "--p95", values: c.bytes_in },
					]}
				/>
			</div>
		</div>
	);
}

function ContractSection({ of: f }: { of: FunctionDetail }) {
	const errors = f.contract.errors ?? [];
	return (
		<Section id="contract" title="What it may do" aside={<span class="code">{f.source}</span>}>
			<div class="contract">
				<div class="prose contract-words">
					{contractWords(f).map((w) => (
						<p key={w}>{w}</p>
					))}
				</div>
				<div class="types">
					<h3>Takes</h3>
					<pre tabIndex={0} role="region" aria-label="What it takes">
						{typeText(f.contract.input)}
					</pre>
					<h3>Returns</h3>
					<pre tabIndex={0} role="region" aria-label="What it returns">
						{typeText(f.contract.output)}
					</pre>
					{errors.length > 0 && (
						<>
							<h3>Or fails with</h3>
							<ul class="plain code">
								{errors.map((e) => (
									<li key={e.name}>
										<span class="quiet">{e.status}</span> {e.name}
									</li>
								))}
							</ul>
						</>
					)}
				</div>
			</div>
			{f.queries.length > 0 && (
				<ul class="queries">
					{f.queries.map((q) => (
						<li key={q.name}>
							<details>
								<summary>
									<span class="code name">{q.name}</span>
									<span class="query-grants">
										{grantWords(q.grants).map((g) => (
											<span key={g.operation + g.table}>
												<span class={g.operation === "read" ? "read-text" : "write-text"}>{verb(g.operation)}</span>{" "}
												{g.table}
												{g.columns.length > 0 && <span class="quiet"> {g.columns.join(", ")}</span>}
											</span>
										))}
									</span>
									<span class="quiet bound">{isBound(q) ? "bound to the caller" : "any row"}</span>
								</summary>
								<pre tabIndex={0} role="region" aria-label={`SQL of ${q.name}`}>
									{q.sql}
								</pre>
								<p class="quiet code">
									{q.file}:{q.line}
								</p>
							</details>
						</li>
					))}
				</ul>
			)}
		</Section>
	);
}

export function ErrorList({ errors, named = false }: { errors: ErrorGroup[]; named?: boolean }) {
	return (
		<ul class="errors">
			{errors.map((e) => (
				<li key={e.id}>
					<p class="error-head">
						<Mark tone={ending(e.outcome).tone} />
						<strong class="code">{e.message || ending(e.outcome).why}</strong>
					</p>
					<p class="meta">
						{named && (
							<>
								<FunctionLink name={e.function} /> ·{" "}
							</>
						)}
						{plural(e.count, "time")}, first <Time ms={e.first_ms} />, last <Time ms={e.last_ms} /> · version{" "}
						<span class="code">{e.version}</span>
						{e.request && (
							<>
								{" "}
								· newest request <RequestLink id={e.request} />
							</>
						)}
					</p>
					{e.stack.length > 0 && (
						<pre tabIndex={0} role="region" aria-label={`Stack of ${e.message}`}>
							{e.stack.join("\n")}
						</pre>
					)}
				</li>
			))}
		</ul>
	);
}

function Errors({ path }: { path: string }) {
	const asked = useGet<{ errors: ErrorGroup[] }>(`${path}/errors`, 10000);
	return (
		<Section id="errors" title="Where it went wrong">
			<Wait of={asked} lines={2}>
				{({ errors }) =>
					errors.length ? (
						<ErrorList errors={errors} />
					) : (
						<Empty title="Nowhere.">Errors that the function threw stand here, those of the same stack as one.</Empty>
					)
				}
			</Wait>
		</Section>
	);
}

/** The deviation is in learned spreads: below one or two it is chance. */
const deviationWords = (d: number): string =>
	d < 1.5 ? "the newest calls are as usual" : d <= 3 ? "the newest calls are a little unusual" : "the newest calls are unusual";

function Behaviour({ of: f }: { of: FunctionDetail }) {
	const p = f.profile;
	return (
		<Section
			id="behaviour"
			title="How it behaves"
			aside={
				p.learned ? (
					<>
						{p.committed ? "begun from ward.profile, " : ""}learned from {count(p.invocations)} calls;{" "}
						<span class={p.deviation > 3 ? "failed-text" : ""}>{deviationWords(p.deviation)}</span>
					</>
				) : (
					<Tag>learning</Tag>
				)
			}
		>
			<div class="contract">
				<div class="prose contract-words">
					{p.words.map((w) => (
						<p key={w}>{w}</p>
					))}
					{!p.learned && (
						<p>
							It is still being learned, until <Time ms={p.learn_until_ms} /> at the earliest. From then on what departs
							from this is an incident.
						</p>
					)}
				</div>
				<ProfileFlow profile={p} />
			</div>
			<Endings of={f.outcomes} />
		</Section>
	);
}

/** How its calls ended, as one bar: lengths by square root, so that the rare is seen; the numbers stand beside. */
function Endings({ of }: { of: Record<string, number> }) {
	const rows = Object.entries(of)
		.filter(([, n]) => n > 0)
		.sort((a, b) => b[1] - a[1]);
	if (rows.length === 0) return null;
	const most = Math.sqrt(rows[0]?.[1] ?? 1);
	return (
		<ul class="endings">
			{rows.map(([name, n]) => (
				<li key={name}>
					<span class="outcome">
						<Mark tone={ending(name).tone} />
						{ending(name).words}
					</span>
					<svg
						class={`bar ${ending(name).tone}`}
						aria-hidden="true"
						width="100%"
						height="6"
						preserveAspectRatio="none"
						viewBox="0 0 100 6"
					>
						<rect width={Math.max(0.6, (Math.sqrt(n) / most) * 100)} height="6" />
					</svg>
					<span class="n">{count(n)}</span>
				</li>
			))}
		</ul>
	);
}

function Recent({ name }: { name: string }) {
	const asked = useGet<{ requests: RequestRow[] }>(`requests?limit=8&function=${encodeURIComponent(name)}`, 5000);
	return (
		<Section id="recent" title="Newest requests" aside={<Link to={at("requests", "", { function: name })}>All</Link>}>
			<Wait of={asked}>
				{({ requests }) =>
					requests.length ? (
						<Table
							caption="Newest requests"
							rows={requests}
							keyOf={(r) => r.id}
							columns={[
								{
									head: "Time",
									cell: (r) => (
										<>
											<Time ms={r.time_ms} /> <RequestLink id={r.id} />
										</>
									),
								},
								{ head: "Ended", label: "", cell: (r) => <Outcome of={r} /> },
								{ head: "Caller", cell: (r) => <Somebody id={r.caller} kind="caller" /> },
								{ head: "Took", class: "n", cell: (r) => latency(r.wall_us) },
							]}
						/>
					) : (
						<Empty title="None yet." />
					)
				}
			</Wait>
		</Section>
	);
}

function Versions({ of: f }: { of: FunctionDetail }) {
	return (
		<Section id="versions" title="Versions">
			<Table
				caption="Versions"
				rows={f.versions}
				keyOf={(v) => v.version}
				columns={[
					{
						head: "Version",
						cell: (v) => (
							<>
								<span class="code">{v.version}</span>
								{v.version === f.version && (
									<>
										{" "}
										<Tag tone="ok">serves</Tag>
									</>
								)}
							</>
						),
					},
					{ head: "Since", class: "n", cell: (v) => <Time ms={v.first_ms} /> },
					{ head: "Calls", class: "n", cell: (v) => short(v.calls) },
					{
						head: "Failed",
						class: "n",
						cell: (v) => (
							<span class={v.failures ? "failed-text" : "quiet"}>{share(v.calls ? v.failures / v.calls : 0)}</span>
						),
					},
				]}
			/>
		</Section>
	);
}
