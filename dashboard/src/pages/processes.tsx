// ward's processes, drawn as what they are: rooms with walls, and the few doors between them.
import { useState } from "preact/hooks";
import type { Process, Processes } from "../api.ts";
import { count, duration, kib, plural } from "../format.ts";
import { useGet, useTitle } from "../hooks.ts";
import { useLive } from "../live.ts";
import type { Tone } from "../outcomes.ts";
import { FunctionLink, Head, Mark, Section, Table, Wait } from "../parts.tsx";

/** What each kind may do; docs/processes.md has every system call. */
const rooms: Record<string, { title: string; may: string }> = {
	gateway: { title: "Gateway", may: "Speaks with clients and checks every type. No files, no connections of its own." },
	worker: { title: "Workers", may: "One function each; a spare has none yet. Compute, and talk to gateway and broker; nothing else." },
	broker: { title: "Broker", may: "Holds the data and runs named queries. No network." },
	egress: { title: "Egress", may: "Reaches the hosts that contracts name. No files." },
	monitor: { title: "Monitor", may: "Watches. No data, no network." },
	zygote: { title: "Zygote", may: "Holds the engine and forks workers. Hears nobody else." },
	supervisor: {
		title: "Supervisor",
		may: "Starts and restarts the others as whoever started ward. No request and no data pass through it.",
	},
};

const stateTone = (p: Process): Tone =>
	p.state === "ready" || p.state === "spare" ? "ok" : p.state === "failed" || p.state === "down" ? "failed" : "refused";

function lead(of: Processes): string {
	const restarts = of.processes.reduce((sum, p) => sum + p.restarts, 0);
	const memory = of.processes.reduce((sum, p) => sum + p.memory_kib, 0);
	return `${count(of.processes.length)} processes in ${kib(memory)} of memory${restarts ? `; ${plural(restarts, "restart")} since the start` : ", none restarted"}.${of.denials ? ` ${count(of.denials)} calls were denied.` : ""}`;
}

function Room({ kind, of, most }: { kind: string; of: Process[]; most: number }) {
	const room = rooms[kind] ?? { title: kind, may: "" };
	return (
		<section class={`room ${kind}`} aria-label={room.title}>
			<h3>{room.title}</h3>
			<p class="may">{room.may}</p>
			<ul>
				{of.map((p) => (
					<li key={`${p.name}${p.function}${p.index}`}>
						<Mark tone={stateTone(p)} label={p.state} />
						{p.function ? (
							<FunctionLink name={p.function} />
						) : (
							<span class="code quiet">{p.state === "spare" ? "spare" : of.length > 1 ? `core ${p.index}` : `pid ${p.pid}`}</span>
						)}
						<svg class="memory" width="56" height="6" viewBox="0 0 56 6" aria-hidden="true">
							<rect class="bar-rest" width="56" height="6" rx="1" />
							<rect class="bar-part" width={Math.max(1.5, (56 * p.memory_kib) / most)} height="6" rx="1" />
						</svg>
						<span class="n">{kib(p.memory_kib)}</span>
						{p.restarts > 0 && <span class="refused-text restarts">{plural(p.restarts, "restart")}</span>}
					</li>
				))}
				{of.length === 0 && (
					<li class="quiet">
						{kind === "worker" ? "None yet: one starts at the first call of its function." : "Not running."}
					</li>
				)}
			</ul>
		</section>
	);
}

function Map({ of: { processes } }: { of: Processes }) {
	const most = Math.max(1, ...processes.map((p) => p.memory_kib));
	const room = (kind: string) => <Room kind={kind} of={processes.filter((p) => p.name === kind)} most={most} />;
	const door = (from: string, to: string, area: string) => (
		<svg
			class={`door ${area}`}
			viewBox="0 0 40 16"
			width="40"
			height="16"
			role="img"
			aria-label={`${from} and ${to} talk with each other`}
		>
			<path d="M3 8h34M8 3 3 8l5 5M32 3l5 5-5 5" />
		</svg>
	);
	return (
		<div class="map">
			<p class="outside clients">Clients</p>
			{door("Clients", "the gateway", "d1")}
			{room("gateway")}
			{door("Gateway", "workers", "d2")}
			{room("worker")}
			{door("Workers", "the broker", "d3")}
			<div class="holders">
				{room("broker")}
				{door("The broker", "egress", "down")}
				{room("egress")}
				{door("Egress", "other hosts", "down")}
				<p class="outside">Hosts that contracts name</p>
			</div>
			<div class="keepers">
				{room("monitor")}
				{room("zygote")}
				{processes.some((p) => p.name === "supervisor") && room("supervisor")}
			</div>
		</div>
	);
}

export function ProcessesPage() {
	useTitle("Processes");
	const asked = useGet<Processes>("processes", 15000);
	const [said, setSaid] = useState<Processes>();
	useLive("processes", setSaid);
	const now = said ?? asked.data;
	return (
		<>
			<Head title="Processes" lead={now ? lead(now) : undefined} />
			<Wait of={{ ...asked, data: now }} lines={8}>
				{(p) => (
					<>
						<Section
							id="map"
							title="The sandbox"
							aside="the kernel keeps the walls of each room; the doors drawn are all there are"
						>
							<Map of={p} />
						</Section>
						<Section id="all" title="One by one">
							<Table
								caption="Processes"
								rows={p.processes}
								keyOf={(r) => `${r.name}${r.function}${r.index}`}
								columns={[
									{
										head: "Process",
										cell: (r) => (
											<>
												{r.name}
												{r.function && (
													<>
														{" "}
														<FunctionLink name={r.function} />
													</>
												)}
												{!r.function && r.name !== "worker" && p.processes.filter((o) => o.name === r.name).length > 1 && (
													<span class="quiet"> {r.index}</span>
												)}
											</>
										),
									},
									{
										head: "State",
										label: "",
										cell: (r) => (
											<span class="outcome">
												<Mark tone={stateTone(r)} />
												{r.state}
											</span>
										),
									},
									{ head: "Pid", class: "n", cell: (r) => <span class="code">{r.pid}</span> },
									{ head: "Memory", class: "n", cell: (r) => kib(r.memory_kib) },
									{
										head: "Up for",
										class: "n",
										cell: (r) => (r.age_ms ? duration(r.age_ms) : <span class="quiet">–</span>),
									},
									{
										head: "Restarts",
										class: "n",
										cell: (r) => <span class={r.restarts ? "refused-text" : "quiet"}>{r.restarts}</span>,
									},
									{ head: "Its last end", class: "wide", cell: (r) => r.last_end || <span class="quiet">–</span> },
								]}
							/>
						</Section>
					</>
				)}
			</Wait>
		</>
	);
}
