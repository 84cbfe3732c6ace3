// postgres-row-rps: a typed single-row read over HTTP from a PostgreSQL server, ward (a fresh sandbox each, the function's own role)
// against fastify + pg in one process; the same server, both up at once, measured in turn, medians over the rounds.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { freePort, median, root, row, start, ward, wrk } from "../lib.mjs";
import { Postgres, missing } from "../../tests/scenario/postgres_server.mjs";

if (missing) {
	console.error(`bench: ${missing}; postgres-row-rps is left out`);
	process.exit(0);
}
const rounds = Number(process.env.WARD_BENCH_ROUNDS ?? 3), seconds = Number(process.env.WARD_BENCH_SECONDS ?? 5);
const here = path.join(root, "bench", "data"), script = path.join(here, "get.lua");
const dir = mkdtempSync(path.join(os.tmpdir(), "ward-bench-pg-")), app = path.join(dir, "app"), state = path.join(dir, "state");
const change = (file, from, to) => writeFileSync(path.join(app, file), readFileSync(path.join(app, file), "utf8").replace(from, to));
const servers = {};
const pg = await Postgres.start();
try {
	cpSync(path.join(here, "app"), app, { recursive: true, filter: (p) => !p.includes("/.ward") });
	change("ward.yaml", "database: sqlite", "database: {kind: postgres, url: {secret: DATABASE_URL}}");
	change("migrations/0001_products.sql", ") STRICT;", ");");
	execFileSync(ward, ["secret", "set", "DATABASE_URL", "--state", state], { input: pg.create("rows") });
	for (const name of ["ward", "peer"]) {
		const port = await freePort();
		servers[name] = { port };
		servers[name].server = name === "ward" ? await start(ward, ["serve", app, "--listen", `127.0.0.1:${port}`, "--state", state], port)
			: await start("node", [path.join(here, "peers", "fastify_pg.mjs"), String(port), pg.url("rows")], port);
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
	row("postgres-row-rps", "requests/s", median(rps.ward), median(rps.peer), "fastify + pg");
} finally {
	for (const { server } of Object.values(servers)) await server?.stop();
	pg.stop();
	rmSync(dir, { recursive: true, force: true });
}
