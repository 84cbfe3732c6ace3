// Of every invocation that failed there is a trace, however many came since and whatever ended since.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, run, sleep, until } from "./lib.mjs";

const SUCCESSES = 9000; // more than twice what is kept of the newest
let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"));
});
after(async () => {
	await app.stop();
});

const shows = async (id) => {
	const { code, stdout, stderr } = await run(["trace", id, "--state", app.state]);
	assert.equal(code, 0, `${id}: ${stderr}`);
	return stdout;
};
const failures = []; // { name, id, trace }
const fail = async (name, outcome, status, body = {}) => {
	const answer = await app.call("POST", `/${name}`, body);
	assertProblem(answer, status);
	const { id } = answer.body;
	const shown = await until(`the trace of ${name}`, 5000, async () => {
		const { code, stdout } = await run(["trace", id, "--json", "--state", app.state]);
		return code === 0 && JSON.parse(stdout);
	});
	assert.deepEqual([shown.id, shown.function, shown.outcome], [id, name, outcome]);
	failures.push({ name, id, outcome, trace: shown.trace });
};
const allShown = async () => {
	for (const { name, id, outcome, trace } of failures) {
		const one = await shows(id);
		assert.match(one, new RegExp(`^${id} .* ${name} of version [0-9a-f]{8}\\n {2}ended {2}${outcome}, status 50\\d`));
		const whole = await shows(trace);
		assert.ok(whole.includes(id), whole);
	}
};
const processes = async (name) => (await app.processes()).find((p) => p.name === name);

test("each way to fail has a trace", async () => {
	await fail("throws", "exception", 500, { text: "x" });
	await fail("leak", "mismatch", 500, { wrong: true });
	await fail("spin", "cpu", 504);
	await fail("sleepy", "wall", 504);
	await fail("hoard", "memory", 507);
	await fail("recurse", "stack", 500);
	await allShown();
});

test("they are there when thousands of others have come since, of which only a sample is", async () => {
	const first = await app.call("POST", "/calm", { n: 1 });
	assert.equal(first.status, 200);
	const request = "POST /calm HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"n\":1}";
	let done = 0;
	for (let n = 0; n < SUCCESSES / 300; n++) done += (await app.raw(request.repeat(300), { quietMs: 300 })).split("HTTP/1.1 200").length - 1;
	assert.ok(done >= SUCCESSES, `${done}`);
	await until("all records", 10_000, async () => {
		const top = JSON.parse((await run(["top", "--json", "--state", app.state])).stdout);
		return top.functions.find((f) => f.function === "calm").calls >= done;
	});
	await allShown();
});

test("`ward requests` finds them by what they were, `ward errors` by their stack", async () => {
	const list = async (...args) => JSON.parse((await run(["requests", ...args, "--json", "--state", app.state])).stdout).requests;
	const failed = await list("--outcome", "failures");
	assert.deepEqual(failed.map((r) => r.id), failures.map((f) => f.id).reverse(), "past the newest as well, newest first");
	assert.deepEqual((await list("--outcome", "failures", "--limit", "2", "--before", failed[1].id)).map((r) => r.id), failed.slice(2, 4).map((r) => r.id));
	assert.deepEqual((await list("--outcome", "mismatch")).map((r) => r.function), ["leak"]);
	const table = await run(["requests", "--function", "calm", "--limit", "3", "--state", app.state]);
	assert.match(table.stdout, /^([0-9a-f]{16} .* 200 ok .* calm .*\n){3}and more/);
	const errors = await run(["errors", "--function", "throws", "--state", app.state]);
	assert.match(errors.stdout, /^Error: the inner detail: x\n {2}throws, 1 times, .*\n {4}at deep \(functions\/throws\.ts:2/);
	assert.equal((await run(["requests", "--outcome", "nonsense", "--state", app.state])).code, 1);
});

test("a trace that a caller began leads to its failure as well", async () => {
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
	const answer = await app.call("POST", "/throws", { text: "y" }, { traceparent: `00-${trace}-00f067aa0ba902b7-00` });
	assertProblem(answer, 500);
	await sleep(300);
	assert.match(await shows(trace), /ended {2}exception[^]*within 00f067aa0ba902b7[^]*log {4}error: .*the inner detail: y/);
});

test("they outlive a kill of the monitor and a restart of ward", async () => {
	const { pid } = await processes("monitor");
	process.kill(pid, "SIGKILL");
	await until("another monitor", 5000, async () => {
		const m = await processes("monitor");
		return m.state === "ready" && m.pid !== pid;
	});
	await until("it answers", 5000, async () => (await run(["top", "--json", "--state", app.state])).code === 0);
	await allShown();
	const { state, dir } = app;
	app.child.kill("SIGTERM");
	assert.deepEqual(await app.ended, { code: 0, signal: null });
	app = await Served.start(dir, { state });
	await allShown();
});

test("what is kept is of fixed size, and the owner's alone", () => {
	for (const [name, most] of [["failed", 10 << 20], ["sampled", 3 << 20]]) {
		const { size, mode } = statSync(path.join(app.state, "monitor", name));
		assert.ok(size > 0 && size < most, `${name}: ${size}`);
		assert.equal(mode & 0o777, 0o600);
	}
});
