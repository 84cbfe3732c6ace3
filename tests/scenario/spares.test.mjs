// Spare workers: forked and locked in before anybody asks, nobody's until a first call makes one the worker of its function.
import assert from "node:assert/strict";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { Served, copyApp, sleep, until } from "./lib.mjs";

const SPARES = 2, MEMORY_KIB_MAX = 8 << 10;

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"), { args: ["--warm", "0"] });
});
after(async () => {
	await app.stop();
});

const workers = async (state) => (await app.processes()).filter((p) => p.name === "worker" && p.state === state && p.pid > 0);
const spares = () => until("the spares", 5000, async () => {
	const found = await workers("spare");
	return found.length === SPARES && found;
});
const field = (pid, name) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1];

test("before any call there are spares and no other worker", async () => {
	const found = await spares();
	assert.ok(found.every((p) => p.function === "" && p.memory_kib > 0 && p.memory_kib < MEMORY_KIB_MAX), JSON.stringify(found));
	assert.deepEqual(await workers("ready"), []);
});

test("a spare is locked in already: namespaces, no new privileges, nobody looks into it", async () => {
	for (const { pid } of await spares()) {
		await until("its preparation", 5000, () => statSync(`/proc/${pid}/mem`).uid === 0);
		assert.equal(field(pid, "NoNewPrivs"), "1");
		if (process.getuid() !== 0) continue;
		assert.equal(field(pid, "Uid"), "65534");
		for (const ns of ["user", "net", "ipc", "uts", "mnt"])
			assert.notEqual(readlinkSync(`/proc/${pid}/ns/${ns}`), readlinkSync(`/proc/self/ns/${ns}`), ns);
	}
});

test("a first call makes the oldest spare the worker of its function, with its filter on, and the spare is replaced", async () => {
	const before = await spares();
	await sleep(100);
	const answer = await app.call("POST", "/calm", { n: 1 });
	assert.equal(answer.status, 200, answer.text);
	const mine = (await app.processes()).find((p) => p.function === "calm");
	assert.ok(before.some((p) => p.pid === mine.pid), "the worker was a spare");
	assert.equal(mine.state, "ready");
	assert.equal(field(mine.pid, "Seccomp"), "2");
	const now = await spares();
	assert.ok(now.every((p) => p.pid !== mine.pid));
	// It stays that function's.
	await app.call("GET", "/notes/count");
	await app.call("POST", "/calm", { n: 2 });
	assert.equal((await app.processes()).find((p) => p.function === "calm").pid, mine.pid);
});

test("more functions at once than there are spares: all are answered, each in a process of its own", async () => {
	await spares();
	const answers = await Promise.all([app.call("POST", "/stain", { mark: "m" }), app.call("POST", "/leak", { wrong: false }),
		app.call("POST", "/notes", { text: "one" }), app.call("POST", "/throws", { text: "t" }), app.call("POST", "/steal", { query: "x" })]);
	assert.deepEqual(answers.map((a) => a.status).filter((s) => s === 503), []);
	const ready = await workers("ready");
	assert.equal(new Set(ready.map((p) => p.pid)).size, ready.length);
	assert.equal(new Set(ready.map((p) => p.function)).size, ready.length);
	for (const name of ["stain", "leak", "write", "throws", "steal"]) assert.ok(ready.some((p) => p.function === name), name);
});

test("kill -9 of the spares: a first call is answered all the same, and they come back", async () => {
	const killed = await spares();
	for (const { pid } of killed) process.kill(pid, "SIGKILL");
	const answer = await app.call("POST", "/recurse", {});
	assert.notEqual(answer.status, 503, answer.text);
	const back = await spares();
	assert.ok(back.every((p) => killed.every((k) => k.pid !== p.pid)));
	await app.logged("worker_ended", (e) => e.function === "(spare)");
});

test("a spare is no part of what it was made beside: kill -9 of a gateway replaces it", async () => {
	const before = await spares();
	process.kill((await app.processes()).find((p) => p.name === "gateway").pid, "SIGKILL");
	await until("other spares", 5000, async () => {
		const now = await workers("spare");
		return now.length === SPARES && now.every((p) => before.every((b) => b.pid !== p.pid));
	});
	await until("an answer", 5000, async () => (await app.call("POST", "/calm", { n: 1 }).catch(() => ({}))).status === 200);
});
