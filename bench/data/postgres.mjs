// postgres-row-rps: a typed single-row read over HTTP from a PostgreSQL server, ward (a fresh sandbox each, the function's own role)
// against fastify + pg in one process; the same server.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { start, ward } from "../lib.mjs";
import { here, measurePair } from "./pair.mjs";
import { Postgres, missing } from "../../tests/scenario/postgres_server.mjs";

if (missing) {
	console.error(`bench: ${missing}; postgres-row-rps is left out`);
	process.exit(0);
}
const dir = mkdtempSync(path.join(os.tmpdir(), "ward-bench-pg-")), app = path.join(dir, "app"), state = path.join(dir, "state");
const change = (file, from, to) => writeFileSync(path.join(app, file), readFileSync(path.join(app, file), "utf8").replace(from, to));
const pg = await Postgres.start();
try {
	cpSync(path.join(here, "app"), app, { recursive: true, filter: (p) => !p.includes("/.ward") });
	change("ward.yaml", "database: sqlite", "database: {kind: postgres, url: {secret: DATABASE_URL}}");
	change("migrations/0001_products.sql", ") STRICT;", ");");
	execFileSync(ward, ["secret", "set", "DATABASE_URL", "--state", state], { input: pg.create("rows") });
	await measurePair("postgres-row-rps", "fastify + pg", (name, port) =>
		name === "ward" ? start(ward, ["serve", app, "--listen", `127.0.0.1:${port}`, "--state", state], port)
			: start("node", [path.join(here, "peers", "fastify_pg.mjs"), String(port), pg.url("rows")], port));
} finally {
	pg.stop();
	rmSync(dir, { recursive: true, force: true });
}
