// sql-row-rps: a typed single-row read over HTTP, ward (a fresh sandbox each, the broker under the function's grants)
// against fastify + better-sqlite3 in one process.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { start, startWard } from "../lib.mjs";
import { here, measurePair } from "./pair.mjs";

const dir = mkdtempSync(path.join(os.tmpdir(), "ward-bench-sql-"));
const peer = [path.join(dir, "peer.db"), path.join(here, "app", "migrations", "0001_products.sql")];
try {
	await measurePair("sql-row-rps", "fastify + better-sqlite3", (name, port) =>
		name === "ward" ? startWard("bench/data/app", port) : start("node", [path.join(here, "peers", "fastify.mjs"), String(port), ...peer], port));
} finally {
	rmSync(dir, { recursive: true, force: true });
}
