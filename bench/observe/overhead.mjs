// monitor-overhead: requests a second with the monitor at work, and with it held by SIGSTOP (the rings fill and gateways
// drop), on one server in turn, so that both meet the same machine. The bound is a ratio of at least 0.97.
// monitor-cpu-share: of the CPU that all of ward's processes used meanwhile, what the monitor used; a busy neighbour moves the
// first figure more than this one.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { freePort, median, root, row, sleep, startWard, ward, wrk } from "../lib.mjs";

const rounds = Number(process.env.WARD_BENCH_ROUNDS ?? 15), seconds = Number(process.env.WARD_BENCH_SECONDS ?? 1);
const script = path.join(root, "bench", "http", "post.lua");
const port = await freePort();
const server = await startWard("examples/hello", port);
const ps = () => JSON.parse(execFileSync(ward, ["ps", "--json", "--state", server.state], { encoding: "utf8" })).processes;
const top = () => JSON.parse(execFileSync(ward, ["top", "--json", "--state", server.state], { encoding: "utf8" }));
const { pid } = ps().find((p) => p.name === "monitor");
// Ticks of user and system time so far.
const ticks = (of) => {
	const fields = readFileSync(`/proc/${of}/stat`, "utf8").split(") ")[1].split(" ");
	return Number(fields[11]) + Number(fields[12]);
};
const used = { monitor: 0, all: 0 };
const rates = { at_work: [], held: [] };
try {
	wrk(port, { script, connections: 32, seconds: 2 });
	for (let round = 0; round < rounds; round++)
		for (const kind of round % 2 ? ["held", "at_work"] : ["at_work", "held"]) {
			process.kill(pid, kind === "held" ? "SIGSTOP" : "SIGCONT");
			await sleep(300);
			const pids = ps().map((p) => p.pid), before = pids.map(ticks), monitor = ticks(pid);
			rates[kind].push(wrk(port, { script, connections: 32, seconds }).rps);
			if (kind === "at_work") {
				used.monitor += ticks(pid) - monitor;
				used.all += pids.reduce((sum, of, i) => sum + ticks(of) - before[i], 0);
			}
			process.kill(pid, "SIGCONT");
			console.error(`  round ${round + 1} ${kind.padEnd(8)} ${Math.round(rates[kind].at(-1))} requests/s`);
		}
	await sleep(300);
	const told = top();
	if (!(told.records > 1000)) throw new Error("nothing was recorded");
	row("monitor-overhead", "requests/s", median(rates.at_work), median(rates.held), "monitor held");
	row("monitor-cpu-share", "%", (100 * used.monitor) / used.all, 3, "bound");
} finally {
	try {
		process.kill(pid, "SIGCONT");
	} catch {}
	await server.stop();
}
