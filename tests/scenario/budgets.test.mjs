// Budgets of a day: a hard stop over all gateways, told of before and when it comes, kept over the end of a gateway and of ward, renewed by hand.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, run, sleep, until } from "./lib.mjs";

const DAY_MS = 86400000;
let app, dir, host, asked = 0;
before(async () => {
	// A day that ends during the test would refill what it is about.
	const left = DAY_MS - (Date.now() % DAY_MS);
	if (left < 90000) await sleep(left + 1000);
	dir = copyApp("tests/scenario/apps/budgets");
	host = http.createServer((_, answer) => (asked++, answer.end("well")));
	await new Promise((listening) => host.listen(0, "127.0.0.1", listening));
	for (const name of ["ward.yaml", "functions/ask.ts"]) {
		const at = path.join(dir, name);
		writeFileSync(at, readFileSync(at, "utf8").replace("8090", host.address().port));
	}
	app = await Served.start(dir);
});
after(async () => {
	await app?.stop();
	host?.close();
});

const spend = (pathname, n = 1) => app.call("POST", pathname, { n }, { connection: "close" });

const assertSpent = (answer) => {
	assertProblem(answer, 503);
	assert.equal(answer.body.type, "urn:ward:problem:budget-spent");
	const seconds = Number(answer.headers.get("retry-after"));
	const left = (DAY_MS - (Date.now() % DAY_MS)) / 1000;
	assert.ok(Math.abs(seconds - left) < 10, `Retry-After: ${seconds}, and the day ends in ${left}`);
};

const passed = async (count, pathname) => {
	const answers = await Promise.all(Array.from({ length: count }, () => spend(pathname)));
	return { passed: answers.filter((a) => a.status === 200).length, refused: answers.filter((a) => a.status !== 200) };
};

const monitor = async (...args) => {
	const { code, stdout, stderr } = await run([...args, "--state", app.state]);
	assert.equal(code, 0, stderr);
	return stdout;
};
const top = async () => JSON.parse(await monitor("top", "--json"));
const budget = async (name) => (await top()).budgets.find((b) => b.function === name);
const incident = (kind, name) => until(`an incident ${kind} of ${name}`, 10000, async () =>
	(await top()).incidents.find((i) => i.kind === kind && i.function === name));

test("ten calls of forty at once pass, on whatever gateway; the others get 503 until midnight", async () => {
	const first = await passed(40, "/few");
	// At the very end two may each keep the other from the last call: then it is still there.
	const second = await passed(10, "/few");
	assert.equal(first.passed + second.passed, 10);
	for (const answer of second.refused) assertSpent(answer);
	assertSpent(await spend("/few"));
	assert.equal((await spend("/free")).status, 200, "no other function is stopped");
});

test("it is refused from the head, and the record says that it was a limit", async () => {
	const got = await app.raw("POST /few HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n");
	assert.match(got, /^HTTP\/1\.1 503 /);
	await until("the record", 5000, async () => (await top()).functions.find((f) => f.function === "few").outcomes.limited > 0);
});

test("told of: an incident at 80 % and one at the end, ward top, metrics", async () => {
	const low = await incident("budget_low", "few");
	assert.match(low.words, /% of the day's budget are used/);
	const spent = await incident("budget_spent", "few");
	assert.equal(spent.action, "alert");
	assert.match(spent.words, /used up: calls get 503 until midnight UTC/);
	const b = await budget("few");
	assert.deepEqual([b.state, b.calls], ["spent", { spent: 10, limit: 10 }]);
	assert.match(await monitor("top", "--once"), /few +100\.0 % +spent +10 of 10 calls/);
	const metrics = await monitor("top", "--metrics");
	assert.match(metrics, /^ward_budget_spent\{app="budgets",function="few",unit="calls"\} 10$/m);
	assert.match(metrics, /^ward_budget_limit\{app="budgets",function="few",unit="calls"\} 10$/m);
	assert.match(metrics, /^ward_budget_spent\{app="budgets",function="",unit="calls"\} 1[0-9]$/m);
});

test("processor time: what a call may use at most is there before it begins", async () => {
	let answer;
	// Near the end a call may come before the one before it, at another gateway, has been booked: then it is to come again.
	for (let tries = 0; (answer = await spend("/slow")).status === 200 || answer.body.type === "urn:ward:problem:overloaded"; tries++) {
		assert.ok(tries < 40);
		if (answer.status === 503) await sleep(50);
	}
	assertSpent(answer);
	const { cpu_us } = await budget("slow");
	// 50 ms a call, and 500 ms must be left for each: the last one begins at half a second.
	assert.ok(cpu_us.spent >= 500000 && cpu_us.spent <= 1000000, JSON.stringify(cpu_us));
});

test("bytes of answers", async () => {
	let calls = 0, answer;
	while ((answer = await spend("/wide")).status === 200) assert.ok(++calls <= 7);
	assertSpent(answer);
	assert.equal(calls, 7);
});

test("requests to other hosts: the call that uses them up goes on to its end, the next one does not begin", async () => {
	for (let n = 0; n < 3; n++) assert.equal((await spend("/ask")).status, 200);
	assertSpent(await spend("/ask"));
	assert.equal(asked, 9);
	assert.deepEqual((await budget("ask")).fetches, { spent: 9, limit: 7 });
});

test("a gateway that is killed forgets nothing", async () => {
	for (const p of (await app.processes()).filter((q) => q.name === "gateway")) process.kill(p.pid, "SIGKILL");
	await until("gateways", 10000, async () => (await app.processes()).filter((q) => q.name === "gateway").every((q) => q.restarts > 0 && q.state === "ready"));
	assertSpent(await spend("/few"));
	assert.equal((await budget("few")).calls.spent, 10);
});

test("a monitor that is killed adds nothing twice", async () => {
	const [before] = (await app.processes()).filter((q) => q.name === "monitor");
	process.kill(before.pid, "SIGKILL");
	await until("the monitor", 10000, async () => (await app.processes()).some((q) => q.name === "monitor" && q.pid !== before.pid && q.state === "ready"));
	assert.equal((await until("a monitor that answers", 5000, () => budget("few").catch(() => null))).calls.spent, 10);
});

test("ward that is stopped and started remembers what was spent today", async () => {
	const { state, port } = app;
	app.child.kill("SIGTERM");
	await app.ended;
	app = await Served.start(dir, { state, port });
	assertSpent(await spend("/few"));
	assert.equal((await budget("few")).calls.spent, 10);
});

test("an operator renews it: by name, or by closing the incident", async () => {
	assert.match(await monitor("act", "renew", "--function", "few"), /few may spend the budget of a day once more/);
	assert.equal((await spend("/few")).status, 200);
	assert.equal((await budget("few")).calls.spent, 1);
	await passed(40, "/few");
	await passed(10, "/few");
	const { id } = await incident("budget_spent", "few");
	await monitor("act", "close", String(id));
	assert.equal((await spend("/few")).status, 200);
	assert.deepEqual((await app.logged("budget_renewed")).of, "few");
	const { code, stderr } = await run(["act", "renew", "--function", "free", "--state", app.state]);
	assert.notEqual(code, 0);
	assert.match(stderr, /no such budget/i);
});

test("the app's own budget stops all, those without one too", async () => {
	const { refused } = await passed(220, "/free");
	assert.ok(refused.length > 0);
	assertSpent(await spend("/free"));
	await incident("budget_spent", "ward:app");
	assert.match(await monitor("act", "renew"), /The app may spend/);
	assert.equal((await spend("/free")).status, 200);
});

test("a new version of the app goes on where the one before it stopped, and a larger budget holds at once", async () => {
	const copy = copyApp("tests/scenario/apps/budgets");
	const dev = await Served.start(copy, { command: "dev" });
	const post = (pathname) => dev.call("POST", pathname, { n: 1 });
	const edit = (name, from, to) => {
		const at = path.join(copy, name);
		writeFileSync(at, readFileSync(at, "utf8").replaceAll(from, to));
	};
	while ((await post("/few")).status === 200);
	edit("functions/spend.ts", "return { n };", "return { n: n + 1 };");
	await until("the new version", 20000, async () => (await post("/free")).body.n === 2);
	assertSpent(await post("/few"));
	edit("ward.yaml", "{calls: 10}", "{calls: 12}");
	await until("the larger budget", 20000, async () => (await post("/few")).status === 200);
	assert.equal((await post("/few")).status, 200);
	assertSpent(await post("/few"));
	await dev.stop();
});

test("ward check names the place and the remedy of what is wrong", async () => {
	const file = path.join(dir, "ward.yaml");
	const good = readFileSync(file, "utf8");
	const wrong = async (from, to) => {
		writeFileSync(file, good.replace(from, to));
		const { stdout, stderr, code } = await run(["check", dir]);
		assert.notEqual(code, 0);
		return stdout + stderr;
	};
	assert.match(await wrong("budget: {cpu: 1s}", "budget: {cpu: 1s, cost: 3}"), /ward\.yaml:\d+:\d+: error: .*cost/);
	assert.match(await wrong("cpu: 500ms", "cpu: 5s"), /ward\.yaml:\d+:\d+: error: the day's cpu budget is less than one call may use/);
	assert.match(await wrong("{calls: 10}", "{}"), /ward\.yaml:\d+:\d+: error: a budget says what may be used in a day/);
	assert.match(await wrong("{calls: 10}", "{calls: many}"), /"calls" is a whole number/);
	writeFileSync(file, good);
});
