// Transactions on a server whose function dies, times out, forgets or throws: rolled back, and their connection free for the next.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { Served, buildDir, copyApp, run, until } from "./lib.mjs";
import { Postgres, missing, test } from "./postgres_server.mjs";
import { setUrl } from "./postgres_shop.mjs";

let pg, app;
before(async () => {
	if (missing) return;
	pg = await Postgres.start();
	const dir = copyApp("tests/scenario/apps/ledger");
	const state = mkdtempSync(path.join(os.tmpdir(), "ward-state-"));
	await setUrl(dir, state, pg.create("ledger"));
	app = await Served.start(dir, { state });
});
after(async () => {
	await app?.stop();
	pg?.stop();
});
const rows = (word) => Number(pg.sql("ledger", `SELECT count(*) FROM entries WHERE word = '${word}'`));
const open = () => Number(pg.sql("ledger", "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'ward\\_%' AND state LIKE 'idle in%'"));

for (const [name, status, why] of [["spin", 504, "it computes for ever"], ["sleepy", 504, "it waits for ever"], ["forget", 204, "it ends before its transaction"],
	["throws", 500, "it throws"]])
	test(`a transaction is rolled back when ${why}`, async () => {
		for (let i = 0; i < 3; i++) assert.equal((await app.call("POST", `/${name}`, { word: name })).status, status);
		await until("no transaction open", 3000, () => open() === 0);
		assert.equal(rows(name), 0);
	});

test("a transaction is rolled back when its worker is killed", async () => {
	const waiting = app.call("POST", "/hold", { word: "killed" });
	await until("its transaction", 3000, () => open() === 1);
	process.kill((await app.processes()).find((p) => p.function === "hold").pid, "SIGKILL");
	assert.equal((await waiting).status, 502);
	await until("no transaction open", 3000, () => open() === 0);
	assert.equal(rows("killed"), 0);
});

test("a transaction is rolled back when the broker is killed, and everything comes back", async () => {
	const waiting = app.call("POST", "/hold", { word: "orphan" });
	await until("its transaction", 3000, () => open() === 1);
	process.kill((await app.processes()).find((p) => p.name === "broker").pid, "SIGKILL");
	assert.ok((await waiting).status >= 500);
	await until("no transaction open", 3000, () => open() === 0);
	assert.equal(rows("orphan"), 0);
	await until("an answer", 8000, async () => (await app.call("POST", "/add", { word: "again" })).status === 200);
});

test("connections come back when the dialer is killed", async () => {
	process.kill((await app.processes()).find((p) => p.name === "dialer").pid, "SIGKILL");
	pg.sql("ledger", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'ward\\_%'");
	await until("an answer", 8000, async () => (await app.call("POST", "/add", { word: "redialled" })).status === 200);
});

test("calls of one transaction are made in their order, and it sees what it has done", async () => {
	assert.equal((await app.call("POST", "/together", { word: "together" })).body, 5);
	assert.equal(rows("together"), 5);
});

test("a statement that fails ends alone, the transaction goes on", async () => {
	assert.deepEqual((await app.call("POST", "/twice", { word: "twice" })).body, ["conflict"]);
	assert.equal(rows("twice"), 1);
});

test("a statement that takes too long is ended, and holds nobody up meanwhile", async () => {
	const slow = app.call("POST", "/slow", { word: "" });
	let slowest = 0;
	for (let i = 0; i < 50; i++) {
		const start = performance.now();
		assert.equal((await app.call("POST", "/count", { word: "x" })).status, 200);
		slowest = Math.max(slowest, performance.now() - start);
	}
	assert.ok(slowest < 2000, `${slowest} ms beside a statement of 5 s`);
	assert.equal((await slow).status, 500);
	await app.logged("query_failed", (e) => e.query === "Slow" && /took too long/.test(e.why));
});

test("more transactions than connections take turns", async () => {
	const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => app.call("POST", "/hold", { word: `turn ${i}` })));
	assert.deepEqual(answers.map((a) => a.status).filter((s) => s !== 200), []);
	assert.ok(Number(pg.sql("ledger", "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'ward\\_%'")) <= 24);
});

test("a column that a function is not granted after all is refused by the database, and told without its words", async () => {
	pg.sql("ledger", `DO $$ DECLARE r text; BEGIN FOR r IN SELECT DISTINCT grantee FROM information_schema.column_privileges WHERE grantee LIKE 'ward\\_%'
		AND privilege_type = 'INSERT' AND table_name = 'names' LOOP EXECUTE format('REVOKE INSERT (name) ON names FROM %I', r); END LOOP; END $$`);
	const answer = await app.call("POST", "/twice", { word: "revoked" });
	assert.equal(answer.status, 500);
	assert.doesNotMatch(answer.text, /permission|names/);
	await app.logged("query_failed", (e) => /permission denied for table names/.test(e.database));
	await app.logged("denied", (e) => e.function === "twice");
	const id = app.entries("denied").find((e) => e.function === "twice").id;
	assert.match((await run(["why", id, "--app", app.dir, "--state", app.state])).stdout, /twice/);
});

const skip = process.getuid() !== 0 ? "needs root to attach to a locked process" : false;
test("the broker cannot connect to anything, and sockets but those of its empty network end it", { skip }, async () => {
	const inject = (pid, ...call) => execFileSync(path.join(buildDir, "tests/scenario/inject"), [pid, ...call].map(String), { encoding: "utf8", timeout: 10000 });
	const broker = async () => (await app.processes()).find((p) => p.name === "broker" && p.state === "ready")?.pid;
	const serves = async () => (await broker()) && (await app.call("POST", "/count", { word: "x" })).status === 200;
	assert.match(inject(await broker(), 42, 3, 0, 0), /returned -115/, "connect says EINPROGRESS and does nothing, whatever it is given");
	// What was interrupted for it does not survive it.
	await until("an answer", 8000, serves);
	assert.doesNotMatch(inject(await broker(), 41, 1, 1, 0), /returned [0-9]/, "a socket to other programs of this machine");
	await app.logged("refused_syscall", (e) => e.name === "broker" && e.call === "socket");
	await until("an answer of another broker", 8000, serves);
});
