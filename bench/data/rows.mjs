// sql-row-rps: a typed single-row read over HTTP, ward (a fresh sandbox each, the broker under the function's grants)
// against fastify + better-sqlite3 in one process; both up at once, measured in turn, medians over the rounds.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { freePort, median, root, row, start, startWard, wrk } from "../lib.mjs";

const rounds = Number(process.env.WARD_BENCH_ROUNDS ?? 3), seconds = Number(process.env.WARD_BENCH_SECONDS ?? 5);
const here = path.join(root, "bench", "data"), script = path.join(here, "get.lua");
const dir = mkdtempSync(path.join(os.tmpdir(), "ward-bench-sql-"));
const servers = {};
try {
	for (const name of ["ward", "peer"]) {
		const port = await freePort();
		servers[name] = { port };
		servers[name].server = name === "ward" ? await startWard("bench/data/app", port)
			: await start("node", [path.join(here, "peers", "fastify.mjs"), String(port), path.join(dir, "peer.db"),
				path.join(here, "app", "migrations", "0001_products.sql")], port);
		const answer = await fetch(`http://127.0.0.1:${port}/products/7`);
		const got = await answer.text();
		if (got !== '{"id":7,"name":"product 7","price":700,"stock":7}') throw new Error(`${name} answered ${answer.status} ${got}`);
	}
	const rps = { ward: [], peer: [] };
	for (const name in servers) wrk(servers[name].port, { script, connections: 32, seconds: 2 });
	for (let round = 0; round < rounds; round++)
		for (const name in servers) {
			const busy = wrk(servers[name].port, { script, connections: 32, seconds });
			rps[name].push(busy.rps);
			console.error(`  round ${round + 1} ${name} ${Math.round(busy.rps)} requests/s, p50 ${busy.p50} us, p99 ${busy.p99} us`);
		}
	row("sql-row-rps", "requests/s", median(rps.ward), median(rps.peer), "fastify + better-sqlite3");
} finally {
	for (const { server } of Object.values(servers)) await server?.stop();
	rmSync(dir, { recursive: true, force: true });
}
