// The monitor: what was called is counted, what was refused is an incident in plain words, and nobody waits for it.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, run, sleep, until } from "./lib.mjs";

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"));
});
after(async () => {
	await app.stop();
});

const top = async () => {
	const { code, stdout, stderr } = await run(["top", "--json", "--state", app.state]);
	assert.equal(code, 0, stderr);
	return JSON.parse(stdout);
};
const of = (told, name) => told.functions.find((f) => f.function === name);
const seen = (what, check, ms = 10000) =>
	until(what, ms, async () => {
		const told = await top();
		return check(told) ? told : null;
	});
const incident = (told, kind, name) => told.incidents.find((i) => i.kind === kind && i.function === name);
const monitor = async () => (await app.processes()).find((p) => p.name === "monitor");

test("every request is counted under its function and its end", async () => {
	for (let n = 0; n < 200; n++) assert.equal((await app.call("POST", "/calm", { n })).status, 200);
	for (let n = 0; n < 7; n++) assertProblem(await app.call("POST", "/calm", { n: "a text" }), 400);
	for (let n = 0; n < 3; n++) assertProblem(await app.call("POST", "/throws", { text: "x" }), 500);
	assertProblem(await app.call("POST", "/spin", {}), 504);
	assertProblem(await app.call("POST", "/sleepy", {}), 504);
	const told = await seen("all records", (t) => of(t, "calm")?.calls === 207 && of(t, "sleepy")?.calls === 1);
	assert.deepEqual(of(told, "calm").outcomes, { ok: 200, input_refused: 7 });
	assert.deepEqual(of(told, "throws").outcomes, { exception: 3 });
	assert.deepEqual(of(told, "spin").outcomes, { cpu: 1 });
	assert.deepEqual(of(told, "sleepy").outcomes, { wall: 1 });
	assert.deepEqual([told.dropped, told.refused], [0, 0]);
	const { minute } = of(told, "calm");
	assert.ok(minute.calls > 0 && minute.calls <= 207);
	assert.ok(minute.p50_us > 10 && minute.p50_us <= minute.p99_us && minute.p99_us < 1_000_000, JSON.stringify(minute));
	assert.ok(minute.cpu_us > 0 && minute.cpu_us < minute.p99_us && minute.memory_kib > 100, JSON.stringify(minute));
	assert.ok(of(told, "spin").minute.cpu_us >= 20_000, "an endless loop used the CPU that it may");
	assert.match(of(told, "calm").version, /^(?!00000000)[0-9a-f]{8}$/);
});

test("a request that nobody waits for any more is counted too", async () => {
	const before = of(await top(), "sleepy")?.calls ?? 0;
	await app.raw("POST /sleepy HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", { quietMs: 50 });
	await seen("the record", (t) => of(t, "sleepy").calls === before + 1);
});

test("a denied query is an incident within ten seconds, in words", async () => {
	const began = Date.now();
	const answer = await app.call("POST", "/steal", { query: "ReadVault" });
	assert.equal(answer.body.stolen, false);
	const told = await seen("the incident", (t) => incident(t, "denial", "steal"));
	assert.ok(Date.now() - began < 10_000);
	const i = incident(told, "denial", "steal");
	assert.equal(i.state, "acting");
	assert.equal(i.action, "alert");
	assert.equal(i.signals, 1);
	assert.match(i.words, /^Function steal, .* It tried query .*does not grant; the broker refused\. .*You were alerted\./);
	assert.match(i.evidence, /ReadVault/);
	assert.match(i.request, /^(?!0{16})[0-9a-f]{16}$/);
	assert.equal(of(told, "steal").denials, 1);
	assert.ok(await app.logged("incident", (e) => e.kind === "denial" && e.function === "steal"));
	// It asked for one query that it has and one that it has not.
	assert.match((await run(["top", "--metrics", "--state", app.state])).stdout,
		/\nward_host_calls_total\{app="hostile",function="steal",kind="query"\} 2\n/);
	// More of the same is the same incident.
	for (let n = 0; n < 5; n++) await app.call("POST", "/steal", { query: "AddNote" });
	const later = await seen("the others", (t) => incident(t, "denial", "steal")?.signals === 6);
	assert.equal(later.incidents.filter((x) => x.kind === "denial").length, 1);
	assert.equal(of(later, "steal").denials, 6);
});

test("a flood of answers that do not fit their type is one incident", async () => {
	for (let n = 0; n < 100; n++) assertProblem(await app.call("POST", "/leak", { wrong: true }), 500);
	const told = await seen("the incident", (t) => incident(t, "mismatch", "leak")?.signals === 100);
	assert.match(incident(told, "mismatch", "leak").words, /did not fit its declared type.*It was seen 100 times/);
	assert.equal(of(told, "leak").failures, 100);
});

test("for people: a table, the incidents in words; for Prometheus: its text", async () => {
	const table = await run(["top", "--state", app.state]);
	assert.equal(table.code, 0, table.stderr);
	assert.match(table.stdout, /^FUNCTION +CALLS\/S +P50 +P99/);
	assert.match(table.stdout, /\ncalm +\d/);
	assert.match(table.stdout, /\nINCIDENTS\n[^]*denial {2}steal[^]*It tried query/);
	const metrics = await run(["top", "--metrics", "--state", app.state]);
	assert.match(metrics.stdout, /\nward_invocations_total\{app="hostile",function="calm",outcome="ok"\} 200\n/);
	assert.match(metrics.stdout, /\nward_denials_total\{app="hostile",function="steal"\} 6\n/);
});

test("its socket and its store are the owner's alone", async () => {
	assert.equal(statSync(path.join(app.state, "monitor.sock")).mode & 0o777, 0o600);
	assert.equal(statSync(path.join(app.state, "monitor")).mode & 0o777, 0o700);
	assert.equal(statSync(path.join(app.state, "monitor", "rollups.db")).mode & 0o077, 0);
});

test("kill -9 of the monitor: no request fails, no worker ends, it comes back", async () => {
	await app.call("POST", "/calm", { n: 1 });
	const before = await app.processes();
	const workers = before.filter((p) => p.name === "worker").map((p) => p.pid).sort();
	const victim = before.find((p) => p.name === "monitor");
	let failed = 0, done = 0, stop = false;
	const lanes = Array.from({ length: 8 }, async () => {
		while (!stop) {
			const answer = await app.call("POST", "/calm", { n: 1 }).catch(() => null);
			if (answer?.status === 200) done++;
			else failed++;
		}
	});
	await sleep(300);
	process.kill(victim.pid, "SIGKILL");
	await until("it is back", 5000, async () => {
		const now = await monitor();
		return now.state === "ready" && now.pid !== victim.pid;
	});
	await sleep(300);
	stop = true;
	await Promise.all(lanes);
	assert.equal(failed, 0);
	assert.ok(done > 100, `${done} requests`);
	const now = await app.processes();
	assert.deepEqual(now.filter((p) => p.name === "worker").map((p) => p.pid).sort(), workers);
	assert.equal(now.find((p) => p.name === "monitor").restarts, victim.restarts + 1);
	const { calls } = of(await top(), "calm");
	await app.call("POST", "/calm", { n: 1 });
	await seen("what comes after", (t) => of(t, "calm").calls > calls);
});

test("what gateways record while there is no monitor waits for the next one", async () => {
	await sleep(300);
	const { pid } = await monitor();
	process.kill(pid, "SIGSTOP");
	for (let n = 0; n < 50; n++) assert.equal((await app.call("POST", "/calm", { n })).status, 200);
	process.kill(pid, "SIGKILL");
	const told = await seen("the records", (t) => of(t, "calm")?.calls >= 50);
	assert.deepEqual([of(told, "calm").outcomes, told.dropped], [{ ok: 50 }, 0]);
});

test("a monitor that stands still holds nobody up: what the rings cannot take is dropped and counted", async () => {
	const { pid } = await monitor();
	const request = "POST /calm HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
	const connections = 40, each = 500;
	let answers = 0;
	process.kill(pid, "SIGSTOP");
	try {
		for (let n = 0; n < connections; n++)
			answers += (await app.raw(request.repeat(each), { quietMs: 400 })).split("HTTP/1.1 400").length - 1;
	} finally {
		process.kill(pid, "SIGCONT");
	}
	assert.equal(answers, connections * each);
	const told = await seen("the drops", (t) => t.dropped > 0 && of(t, "calm").outcomes.input_refused > 8000);
	assert.equal(of(told, "calm").outcomes.input_refused + told.dropped, connections * each);
});

test("what it summed is there after a restart of ward", async () => {
	const state = app.state;
	for (let n = 0; n < 20; n++) assert.equal((await app.call("GET", "/notes/count")).status, 200);
	await app.call("POST", "/steal", { query: "ReadVault" });
	const denied = incident(await seen("the incident", (t) => incident(t, "denial", "steal")), "denial", "steal");
	app.child.kill("SIGTERM");
	assert.deepEqual(await app.ended, { code: 0, signal: null });
	app = await Served.start(app.dir, { state });
	const told = await top();
	const { minute, calls } = of(told, "notes");
	assert.equal(calls, 0, "counters begin with the process");
	assert.equal(minute.calls, 20);
	const { id, signals } = incident(told, "denial", "steal");
	assert.deepEqual([id, signals], [denied.id, denied.signals]);
	// Told on the way down: the monitor ended by itself, in time.
	assert.deepEqual(app.entries("learning_anew"), []);
});
