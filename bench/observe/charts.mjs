// A real ward of a thousand functions over the sums of a month in which each was called in every span: how large the monitor's
// directory is, and how long its slowest chart takes over HTTP. Appends rows to WARD_BENCH_OUT, else prints them.
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { manyApp, name } from "../../tests/browser/many_app.mjs";
import { Served, buildDir } from "../../tests/scenario/lib.mjs";

const row = (what, unit, ours, bound) => {
	const line = JSON.stringify({ name: what, unit, ours: Number(ours.toPrecision(4)), peer: bound, peer_name: "bound", ratio: Number((ours / bound).toPrecision(4)) });
	if (process.env.WARD_BENCH_OUT) appendFileSync(process.env.WARD_BENCH_OUT, `${line}\n`);
	else console.log(line);
};
const bytesIn = (dir) => readdirSync(dir).reduce((sum, f) => sum + statSync(path.join(dir, f)).size, 0);

const dir = manyApp(), state = mkdtempSync(path.join(os.tmpdir(), "ward-state-"));
let app;
try {
	mkdirSync(path.join(state, "monitor"), { mode: 0o700 });
	execFileSync(path.join(buildDir, "bench/observe/bench_observe"), ["--fill", path.join(state, "monitor/rollups.db"), String(Math.floor(Date.now() / 1000)), "many"]);
	app = await Served.start(dir, { command: "dev", state });
	for (let n = 0; n < 100; n++) await app.call("GET", `/${name(n)}`);
	row("monitor-directory-1000-functions-30-days", "MB", bytesIn(path.join(state, "monitor")) / 1e6, 500);
	const times = [];
	for (const range of ["15m", "1h", "6h", "24h", "7d", "30d"])
		for (const of of ["", "functions/f0000/", "functions/f0500/", "functions/f0999/"])
			for (let round = 0; round < 3; round++) {
				const began = performance.now();
				const answer = await app.call("GET", `/_ward/api/${of}chart?range=${range}`);
				times.push({ ms: performance.now() - began, range, of });
				const calls = answer.body.calls.reduce((a, b) => a + b, 0);
				if (answer.status !== 200 || !(calls > 1000)) throw new Error(`${of} ${range}: ${answer.status}, ${calls} calls`);
			}
	times.sort((a, b) => b.ms - a.ms);
	row("chart-over-http-worst", "ms", times[0].ms, 200);
	row("chart-over-http-median", "ms", times[Math.floor(times.length / 2)].ms, 200);
} finally {
	await app?.stop();
	rmSync(state, { recursive: true, force: true });
	rmSync(dir, { recursive: true, force: true });
}
