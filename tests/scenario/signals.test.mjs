// Each exact signal, raised on the real program by what it is about and by nothing else. What is usual is committed
// (ward.profile), so that nothing has to be learned first.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, run, sleep, until } from "./lib.mjs";

const usual = `profile 1
function leak
  learned from 1000 calls, at most 0 host calls in one
  called by anonymous 1000
  makes no host call 1000 times
function recurse
  learned from 1000 calls, at most 0 host calls in one
  called by anonymous 1000
  makes no host call 1000 times
function steps
  learned from 1000 calls, at most 3 host calls in one
  after http 127.0.0.1 it ends 100 times
  after query CountNotes comes query ListNotes 900 times
  after query CountNotes it ends 100 times
  after query ListNotes comes http 127.0.0.1 100 times
  after query ListNotes it ends 800 times
  begins with query CountNotes 1000 times
  called by anonymous 1000
  uses http 127.0.0.1 in 100 calls, at most 1 in one, 100 in all
  uses query CountNotes in 1000 calls, at most 1 in one, 1000 in all
  uses query ListNotes in 900 calls, at most 1 in one, 900 in all
  surprise 0.5 spread 0.3
`;

let app, dir;
before(async () => {
	dir = copyApp("tests/scenario/apps/signals");
	writeFileSync(path.join(dir, "ward.profile"), usual);
	app = await Served.start(dir);
});
after(async () => {
	await app.stop();
});

const top = async () => JSON.parse((await run(["top", "--json", "--state", app.state])).stdout);
const incident = (kind, name = "steps") =>
	until(`an incident ${kind}`, 10_000, async () => (await top()).incidents.find((i) => i.kind === kind && i.function === name));
const close = async (id) => assert.equal((await run(["act", "close", String(id), "--state", app.state])).code, 0);
const steps = async (...names) => {
	const answer = await app.call("POST", "/steps", { steps: names });
	assert.equal(answer.status, 200, answer.text);
};
const shown = async (id) => JSON.parse((await run(["trace", id, "--json", "--state", app.state])).stdout);
// The one incident there is then, which is closed again.
const only = async (kind, words, name = "steps") => {
	const i = await incident(kind, name);
	await sleep(300);
	assert.deepEqual((await top()).incidents.map((one) => one.kind), [kind]);
	assert.match(i.words, words);
	await close(i.id);
	return shown(i.request);
};

test("what is usual is none, from the very first call on", async () => {
	assert.deepEqual((await app.logged("profile_adopted")).functions, 3);
	await steps("count");
	await steps("count", "list");
	await steps("count", "list", "partner");
	await sleep(1500);
	assert.deepEqual((await top()).incidents, []);
});

test("a query that is granted and was never used", async () => {
	await steps("count", "list", "add");
	const request = await only("first_use", /It used query AddNote for the first time/);
	assert.deepEqual(request.calls.map((c) => c.name), ["CountNotes", "ListNotes", "AddNote"]);
});

test("a host that is granted and was never asked", async () => {
	await steps("count", "another");
	const request = await only("first_use", /It used http 127\.0\.0\.2 for the first time/);
	assert.deepEqual(request.calls.at(-1).kind, "http");
});

test("queries in an order never seen", async () => {
	await steps("count", "list", "count");
	await only("new_order", /It did query CountNotes right after query ListNotes, an order never seen/);
});

test("a request that begins otherwise than any before", async () => {
	await steps("list");
	await only("new_order", /It did query ListNotes right after its beginning/);
});

test("a host right after what it never followed", async () => {
	await steps("count", "partner");
	await only("new_order", /It did http 127\.0\.0\.1 right after query CountNotes/);
});

for (const [step, kind, name] of [["stolen", "query", "ReadVault"], ["stranger", "http", "collector.example.net"], ["secret", "secret", "SIGNING_KEY"]])
	test(`a denial: ${kind} ${name}`, async () => {
		await steps("count", step);
		const i = await incident("denial");
		assert.match(i.words, /which its contract does not grant; the broker refused/);
		assert.match(i.evidence, new RegExp(name.replaceAll(".", "\\.")));
		assert.equal((await shown(i.request)).denied.kind, kind);
		await close(i.id);
		for (const other of (await top()).incidents) await close(other.id);
	});

test("`ward incidents` tells the same, and one with its timeline and evidence", async () => {
	await steps("count", "stolen");
	const { id } = await incident("denial");
	const list = await run(["incidents", "--state", app.state]);
	assert.match(list.stdout, new RegExp(`^${id} .* acting .* denial .* steps .* 1 .* alert`, "m"));
	const one = await run(["incidents", String(id), "--state", app.state]);
	assert.match(one.stdout, /Function steps, [^]*The newest: .*ReadVault[^]*Timeline\n.* open\n.* acting\n[^]*Evidence\n.* [0-9a-f]{16} .*It tried query/);
	assert.equal((await run(["incidents", "99999", "--state", app.state])).code, 1);
	for (const other of (await top()).incidents) await close(other.id);
	assert.match((await run(["incidents", "--all", "--state", app.state])).stdout, new RegExp(`^${id} .* closed`, "m"));
});

test("a trap", async () => {
	assertProblem(await app.call("POST", "/recurse", {}), 500);
	const request = await only("trap", /The guest trapped/, "recurse");
	assert.equal(request.outcome, "stack");
});

test("a refused value of a typed field, with the field; it is recorded, and alerts nobody", async () => {
	assertProblem(await app.call("POST", "/steps", { steps: ["count"], times: "1 OR 1=1" }), 400);
	const i = await incident("input_refused");
	assert.equal(i.action, "record");
	const request = await only("input_refused", /A value of a typed field was refused/);
	assert.deepEqual([request.refused_field, request.outcome], ["times", "input_refused"]);
});

test("a response that did not fit its type", async () => {
	assertProblem(await app.call("POST", "/leak", { wrong: true }), 500);
	await only("mismatch", /did not fit its declared type and was held back/, "leak");
});

// ---- the committed profile ----

const profile = (action, ...more) => run(["profile", action, dir, ...more]);

test("`ward profile show` says it in words", async () => {
	const { code, stdout, stderr } = await profile("show", "steps");
	assert.equal(code, 0, stderr);
	assert.match(stdout, /^steps\nLearned from 1000 calls/);
	assert.match(stdout, /It also uses CountNotes in every call, once\./);
	assert.match(stdout, /After ListNotes comes 127\.0\.0\.1 in 11 % of cases\./);
	assert.match((await profile("show", "nothing")).stderr, /says nothing of nothing/);
});

test("`ward profile diff` says what the running ward does otherwise; write commits it", async () => {
	const held = await profile("diff", "--state", app.state);
	assert.equal(held.code, 1, held.stderr);
	assert.match(held.stdout, /steps now uses query AddNote, in under 1 % of calls\n/);
	assert.match(held.stdout, /steps now uses http 127\.0\.0\.2/);
	assert.match(held.stdout, /steps: after query ListNotes comes query CountNotes in under 1 % of cases, before never\n/);
	assert.doesNotMatch(held.stdout, /leak|ReadVault/, "what the contract does not grant is no behaviour to commit");
	const written = await profile("write", "--state", app.state);
	assert.equal(written.code, 0, written.stderr);
	const text = readFileSync(path.join(dir, "ward.profile"), "utf8");
	assert.match(text, /\n {2}uses query AddNote in 1 calls, at most 1 in one, 1 in all\n/);
	const names = [...text.matchAll(/^function (\w+)$/gm)].map((m) => m[1]);
	assert.deepEqual(names, [...names].sort());
	const again = await profile("diff", "--state", app.state);
	assert.deepEqual([again.code, again.stdout], [0, "The running ward does what ward.profile says.\n"]);
	await profile("write", "--state", app.state);
	assert.equal(readFileSync(path.join(dir, "ward.profile"), "utf8"), text, "it is the same every time");
});

test("a poisoned dependency is told of at its first request in a fresh deployment: nothing is learned first", async () => {
	const poisoned = copyApp("tests/scenario/apps/watched");
	const yaml = path.join(poisoned, "ward.yaml"), file = path.join(poisoned, "functions/dependency.ts");
	writeFileSync(yaml, readFileSync(yaml, "utf8").replace(/watch:[^]*?functions:/, "watch:\n  learn: 30d\nfunctions:"));
	writeFileSync(path.join(poisoned, "ward.profile"), `profile 1
function greet
  learned from 5000 calls, at most 1 host calls in one
  after query ListItems it ends 5000 times
  begins with query ListItems 5000 times
  uses query ListItems in 5000 calls, at most 1 in one, 5000 in all
  surprise 0 spread 0
`);
	const clean = readFileSync(file, "utf8");
	writeFileSync(file, `import { db } from "ward";
export async function polish(text: string): Promise<string> {
	await db.readPeople();
	return text.trim();
}
`);
	for (const committed of [true, false]) {
		if (!committed) writeFileSync(path.join(poisoned, "ward.profile"), "profile 1\nfunction greet\n  learned from many calls\n");
		const served = await Served.start(poisoned);
		try {
			const began = Date.now();
			assert.equal((await served.call("POST", "/greet", { name: "Ada" })).status, 200);
			const seen = async () => JSON.parse((await run(["top", "--json", "--state", served.state])).stdout).incidents;
			if (committed) {
				const [i] = await until("the incident", 10_000, async () => (await seen()).length && (await seen()));
				assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
				assert.match(i.words, /Function greet, .* It used query ReadPeople for the first time.*You were alerted/);
			} else {
				// One that cannot be read says so, with its line, and ward learns as if there were none.
				assert.match((await served.logged("profile_not_used")).why, /ward\.profile:3: /);
				await sleep(1500);
				assert.deepEqual(await seen(), []);
			}
		} finally {
			await served.stop();
		}
	}
	assert.ok(clean.length > 0 && existsSync(file));
});
