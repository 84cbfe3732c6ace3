// One request from its arrival to its answer: a waterfall of its host calls, what it logged, its trace.
import type { HostCall, LogLine, RequestDetail, Trace } from "../api.ts";
import { bytes, count, kib, us } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { ending, sentence, toneOf } from "../outcomes.ts";
import { Facts, FunctionLink, Gone, Head, Mark, RequestLink, Section, Somebody, Time, Wait } from "../parts.tsx";
import { Link, at } from "../router.tsx";

export function RequestPage({ id }: { id: string }) {
	useTitle(`Request ${id.slice(0, 8)}`);
	const asked = useGet<RequestDetail>(`requests/${encodeURIComponent(id)}`);
	if (asked.problem?.status === 404)
		return (
			<Gone title="That request is no longer kept one by one.">
				ward keeps the newest few thousand; older ones live on in the sums of their function.{" "}
				<Link to={at("requests")}>The newest requests</Link>
			</Gone>
		);
	return (
		<>
			<p class="crumb">
				<Link to={at("requests")}>Requests</Link>
			</p>
			<Wait of={asked}>
				{(r) => (
					<>
						<Head
							title={
								<>
									<span class={`statement ${toneOf(r)}`}>{ending(r.outcome).words}</span>{" "}
									<span class="quiet">after {us(r.wall_us)}</span>
								</>
							}
							lead={<Story of={r} />}
						/>
						<Facts
							of={[
								["Function", <FunctionLink name={r.function} />],
								["When", <Time ms={r.time_ms} />],
								["Status", r.status || "–"],
								[
									"Caller",
									<>
										<Somebody id={r.caller} kind="caller" />
										{r.caller && <span class="quiet"> {r.caller_class}</span>}
									</>,
								],
								["Address", <Somebody id={r.address} kind="address" />],
								["In / out", `${bytes(r.bytes_in)} / ${bytes(r.bytes_out)}`],
								["Memory", kib(r.memory_kib)],
								["Version", <span class="code">{r.version}</span>],
								["Request", <span class="code">{r.id}</span>],
							]}
						/>
						<Section id="waterfall" title="From arrival to answer">
							<Waterfall of={r} />
						</Section>
						{r.trace && /[^0]/.test(r.trace) && <TraceSection of={r} />}
						<Logs id={r.id} />
					</>
				)}
			</Wait>
		</>
	);
}

function Story({ of: r }: { of: RequestDetail }) {
	return (
		<>
			{ending(r.outcome).why}
			{r.refused_field && (
				<>
					{" "}
					The field <span class="code">{r.refused_field}</span> was refused.
				</>
			)}
			{r.denied && (
				<>
					{" "}
					It asked for{" "}
					{r.denied.name ? (
						<>
							the {r.denied.kind} <span class="code">{r.denied.name}</span>, which
						</>
					) : (
						<>a {r.denied.kind} that</>
					)}{" "}
					its contract does not grant; that was denied.
				</>
			)}
			{r.payload && (
				<>
					{" "}
					The field <span class="code">{r.payload.field}</span> looks like{" "}
					{payloads[r.payload.class] ?? r.payload.class}. This informs; it was not what decided.
				</>
			)}
			{r.error && (
				<>
					{" "}
					See <Link to={`${at("functions", r.function)}#errors`}>the errors of {r.function}</Link>.
				</>
			)}
			{r.incidents.length > 0 && (
				<>
					{" "}
					It is evidence in{" "}
					{r.incidents.map((i) => (
						<Link key={i} to={at("incidents", String(i))}>
							incident {i}
						</Link>
					))}
					.
				</>
			)}
		</>
	);
}

const payloads: Record<string, string> = {
	sqli: "SQL injection",
	xss: "a script",
	traversal: "a path out of its folder",
	command: "a shell command",
};

interface Bar {
	name: string;
	start: number;
	took: number;
	tone: string;
}

const timed = (c: HostCall): c is Required<HostCall> => c.start_us !== undefined && c.took_us !== undefined;

/** What is known of the request as a whole. How long it computed is a sum: when, is between its host calls. */
function bars(r: RequestDetail): Bar[] {
	const out: Bar[] = [{ name: "in all", start: 0, took: r.wall_us, tone: "all" }];
	if (r.queue_us) out.push({ name: "waited for its turn", start: 0, took: r.queue_us, tone: "wait" });
	if (r.cpu_us) out.push({ name: "computed, in sum", start: r.queue_us, took: r.cpu_us, tone: "cpu" });
	return out;
}

function Fall({ bar, of }: { bar: Bar | undefined; of: number }) {
	const from = bar ? Math.min(99.7, (100 * bar.start) / Math.max(1, of)) : 0;
	return (
		<svg width="100%" height="12" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
			{bar && (
				<rect
					class={`fall ${bar.tone}`}
					x={from}
					width={Math.min(100 - from, Math.max(0.3, (100 * bar.took) / Math.max(1, of)))}
					height="12"
				/>
			)}
		</svg>
	);
}

/** From arrival to answer, and every host call in its order, a bar where its time was kept. */
function Waterfall({ of: r }: { of: RequestDetail }) {
	const refused = r.calls.findIndex((c) => c.kind === r.denied?.kind && c.name === r.denied.name);
	const call = (c: HostCall, i: number) => {
		const denied = i === refused;
		const bar = timed(c)
			? {
					name: c.name,
					start: r.queue_us + c.start_us,
					took: c.took_us,
					tone: denied ? "denied" : c.kind === "http" ? "wait" : "host",
				}
			: undefined;
		return (
			<li key={`call${i}`} class="call">
				<span>
					{denied && <Mark tone="denied" />}
					<span class={denied ? "denied-text" : "quiet"}>
						{denied ? "denied: " : ""}
						{callWords[c.kind] ?? c.kind}
					</span>{" "}
					{c.name ? <span class="code">{c.name}</span> : <em>not in the contract</em>}
				</span>
				<Fall bar={bar} of={r.wall_us} />
				<span class="n">{bar ? us(bar.took) : <span class="quiet">–</span>}</span>
			</li>
		);
	};
	return (
		<>
			<ol class="waterfall" aria-label="From arrival to answer">
				{bars(r).map((b) => (
					<li key={b.name}>
						<span>{b.name}</span>
						<Fall bar={b} of={r.wall_us} />
						<span class="n">{us(b.took)}</span>
					</li>
				))}
				{r.calls.map(call)}
				{r.denied && refused < 0 && call(r.denied, refused)}
			</ol>
			{r.calls_more > 0 && <p class="quiet note">And {count(r.calls_more)} more host calls.</p>}
			{r.calls.length === 0 && <p class="quiet note">It asked the host for nothing.</p>}
		</>
	);
}

const callWords: Record<string, string> = {
	query: "query",
	http: "request to",
	publish: "published",
	storage: "stored",
	secret: "secret",
	transaction: "transaction",
};

function TraceSection({ of: r }: { of: RequestDetail }) {
	const asked = useGet<Trace>(`traces/${r.trace}`);
	const requests = asked.data?.requests ?? [];
	if (requests.length < 2)
		return (
			<p class="quiet note">
				Trace <span class="code">{r.trace}</span>
			</p>
		);
	const begin = Math.min(...requests.map((q) => q.time_ms * 1000 - q.wall_us));
	const end = Math.max(...requests.map((q) => q.time_ms * 1000));
	return (
		<Section id="trace" title="Its trace" aside={<span class="code">{r.trace}</span>}>
			<ol class="waterfall">
				{requests.map((q) => (
					<li key={q.id} class={q.id === r.id ? "now" : ""}>
						<span>
							<Mark tone={toneOf(q)} /> <span class="code">{q.function}</span> <RequestLink id={q.id} />
						</span>
						<svg width="100%" height="12" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
							<rect
								class="fall host"
								x={(100 * (q.time_ms * 1000 - q.wall_us - begin)) / Math.max(1, end - begin)}
								width={Math.max(0.4, (100 * q.wall_us) / Math.max(1, end - begin))}
								height="12"
							/>
						</svg>
						<span class="n">{us(q.wall_us)}</span>
					</li>
				))}
			</ol>
		</Section>
	);
}

function Logs({ id }: { id: string }) {
	const asked = useGet<{ lines: LogLine[] }>(`logs?limit=100&request=${id}`);
	const lines = asked.data?.lines ?? [];
	if (lines.length === 0) return null;
	return (
		<Section id="logs" title="What it logged">
			<ol class="log">
				{lines.map((l, i) => (
					<li key={i}>
						<Time ms={l.time_ms} />{" "}
						<span class={l.level === "error" ? "failed-text" : l.level === "warn" ? "refused-text" : "quiet"}>
							{sentence(l.level)}
						</span>{" "}
						<span class="code">{l.text}</span>
					</li>
				))}
			</ol>
		</Section>
	);
}
