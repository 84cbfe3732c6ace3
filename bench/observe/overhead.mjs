// monitor-overhead: requests a second with the monitor at work, and with it held by SIGSTOP (the rings fill and gateways
// drop). The bound is a ratio of at least 0.97, which is less than what a shared machine swings by from one second to the
// next and from one split of connections to another. So the monitor is held and let go every half second while one client
// goes on over the same connections, and the ratio is the median of those of neighbouring halves; five clients, one after
// the other. Answers are counted by the kernel: a request over loopback is two TCP segments, there and back.
// monitor-cpu-share: of the CPU that all of ward's processes used meanwhile, what the monitor used.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { freePort, median, root, row, sleep, startWard, ward } from "../lib.mjs";

const clients = Number(process.env.WARD_BENCH_ROUNDS ?? 5), pairs = 12;
const SETTLE_MS = 100, MEASURE_MS = 400;
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
const segments = () => {
	const [names, values] = readFileSync("/proc/net/snmp", "utf8").split("\n").filter((l) => l.startsWith("Tcp:")).map((l) => l.split(" "));
	return Number(values[names.indexOf("OutSegs")]);
};
const used = { monitor: 0, all: 0 };
const rates = { at_work: [], held: [] }, ratios = [];

// Requests a second of the client that is at it, with the monitor at work or held.
const half = async (kind) => {
	process.kill(pid, kind === "held" ? "SIGSTOP" : "SIGCONT");
	/* What was recorded while it was held is read now, and is not counted to its work. */
	await sleep(SETTLE_MS);
	const began = process.hrtime.bigint(), before = segments();
	await sleep(MEASURE_MS);
	const rps = (segments() - before) / 2 / (Number(process.hrtime.bigint() - began) / 1e9);
	rates[kind].push(rps);
	return rps;
};

// The shares of processor time over a second without any stopping.
const share = async () => {
	const pids = ps().map((p) => p.pid), before = pids.map(ticks), monitor = ticks(pid);
	await sleep(1000);
	used.monitor += ticks(pid) - monitor;
	used.all += pids.reduce((sum, of, i) => sum + ticks(of) - before[i], 0);
};

try {
	for (let client = 1; client <= clients; client++) {
		const lasts = Math.ceil((pairs * 2 * (SETTLE_MS + MEASURE_MS) + 3000) / 1000);
		const load = spawn("wrk", ["-t1", "-c32", `-d${lasts}s`, "-s", script, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
		const over = new Promise((resolve) => load.on("exit", resolve));
		await sleep(500);
		await share();
		const here = [];
		for (let pair = 0; pair < pairs; pair++) {
			const order = pair % 2 ? ["held", "at_work"] : ["at_work", "held"], got = {};
			for (const kind of order) got[kind] = await half(kind);
			here.push(got.at_work / got.held);
		}
		process.kill(pid, "SIGCONT");
		load.kill("SIGINT");
		await over;
		ratios.push(...here);
		console.error(`  client ${client}: at work ${Math.round(median(rates.at_work.slice(-pairs)))} requests/s, held ` +
			`${Math.round(median(rates.held.slice(-pairs)))}; median of ${pairs} ratios ${median(here).toFixed(3)}`);
	}
	await sleep(300);
	const told = top();
	if (!(told.records > 1000)) throw new Error("nothing was recorded");
	const held = median(rates.held);
	row("monitor-overhead", "requests/s", held * median(ratios), held, "monitor held");
	row("monitor-cpu-share", "%", (100 * used.monitor) / used.all, 3, "bound");
} finally {
	try {
		process.kill(pid, "SIGCONT");
	} catch {}
	await server.stop();
}
