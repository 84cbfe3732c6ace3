// The operators' interface on the real program: who may, what it tells, events as they happen, actions and their ends; the same from
// the command line. docs/dashboard-api.md says what is asserted here.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import http from "node:http";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, run, sleep, until } from "./lib.mjs";

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"), { command: "dev" });
	for (let n = 0; n < 20; n++) await app.call("POST", "/calm", { n });
});
after(async () => {
	await app.stop();
});

const api = async (name) => {
	const answer = await app.call("GET", `/_ward/api/${name}`);
	assert.equal(answer.status, 200, answer.text);
	return answer.body;
};
const post = (name, body, headers) => app.call("POST", `/_ward/api/${name}`, body, headers);
// fetch() sets Host itself.
const asHost = (host, headers = {}) =>
	new Promise((resolve, reject) => {
		const request = http.request({ host: "127.0.0.1", port: app.port, path: "/_ward/api/overview", headers: { host, ...headers } }, (answer) => {
			answer.resume();
			resolve(answer.statusCode);
		});
		request.on("error", reject);
		request.end();
	});
const listen = () =>
	new Promise((resolve, reject) => {
		const events = [];
		const request = http.get(`${app.base}/_ward/api/stream`, (answer) => {
			let text = "";
			answer.setEncoding("utf8");
			answer.on("data", (d) => {
				text += d;
				for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
					const [name, data] = text.slice(0, end).split("\n");
					events.push({ name: name.replace("event: ", ""), data: JSON.parse(data.replace("data: ", "")) });
				}
			});
			resolve({ status: answer.statusCode, headers: answer.headers, events, close: () => request.destroy(),
				ended: new Promise((done) => answer.on("close", done)) });
		});
		request.on("error", reject);
	});

test("only a loopback name of this machine leads in, and no page of another site", async () => {
	assert.equal(await asHost(`localhost:${app.port}`), 200);
	assert.equal(await asHost(`127.0.0.1:${app.port}`), 200);
	for (const host of ["evil.example", `localhost.evil.example:${app.port}`, "127.0.0.1.evil.example", "127.0.0.2"])
		assert.equal(await asHost(host), 401, host);
	for (const site of ["cross-site", "same-site"]) assert.equal(await asHost("localhost", { "sec-fetch-site": site }), 401, site);
	assertProblem(await post("actions", { action: "quarantine", function: "calm" }, { origin: "http://evil.example" }), 401);
	assertProblem(await app.call("POST", "/_ward/api/actions", "action=quarantine", { "content-type": "application/x-www-form-urlencoded" }), 415);
	assert.deepEqual((await api("actions")).actions, []);
});

test("an app that is served asks for an operator's session, which nobody has", async () => {
	const served = await Served.start(copyApp("tests/scenario/apps/hostile"));
	try {
		for (const path of ["overview", "stream", "requests", "incidents", "authority"])
			assert.equal((await served.call("GET", `/_ward/api/${path}`)).status, 401, path);
		assert.equal((await served.call("GET", "/_ward/metrics")).status, 401);
		assert.equal((await served.call("POST", "/_ward/api/actions", { action: "ban", prefix: "0.0.0.0/0" })).status, 401);
	} finally {
		await served.stop();
	}
});

test("what is not there is told as a problem", async () => {
	for (const path of ["nothing", "functions/absent", "functions/absent/chart", "requests/0123456789abcdef", "requests/x", "incidents/999",
		"traces/0123456789abcdef0123456789abcdef", "functions//chart"])
		assert.equal((await app.call("GET", `/_ward/api/${path}`)).status, 404, path);
	assert.equal((await app.call("GET", "/_ward/api/actions/1/release")).status, 405);
	assert.equal((await app.call("GET", "/_ward/api/chart?range=1y")).status, 400);
	assert.equal((await app.call("GET", "/_ward/api/chart?from_s=5&to_s=1")).status, 400);
	assert.equal((await app.call("GET", "/_ward/api/requests?caller=zz")).status, 400);
	for (const body of [{}, { action: "stop" }, { action: "ban" }, { action: "ban", prefix: "10.0.0.1/8" }, { action: "throttle" },
		{ action: "quarantine", function: "absent" }, { action: "quarantine", function: "calm", minutes: 0 }, { action: "quarantine", function: "calm", caller: "0123456789abcdef" },
		{ action: "throttle", function: "calm", caller: "1234" }, [], "quarantine"])
		assert.equal((await post("actions", body)).status, 400, JSON.stringify(body));
});

test("columns of a chart have one length and add up to what was called", async () => {
	await until("the calls", 3000, async () => (await api("functions/calm")).calls >= 20);
	for (const path of ["functions/calm/chart?range=15m", "functions/calm/chart?range=30d", "chart?range=1h"]) {
		const chart = await api(path);
		const n = chart.time_s.length;
		for (const [name, column] of Object.entries(chart))
			if (Array.isArray(column) && name !== "marks") assert.equal(column.length, n, name);
		assert.ok(chart.time_s.every((t, i) => i === 0 || t - chart.time_s[i - 1] === chart.step_s));
		assert.ok(chart.calls.reduce((a, b) => a + b, 0) >= 20, path);
		const at = chart.calls.findIndex((c) => c > 0);
		assert.ok(chart.p50_us[at] > 0 && chart.p50_us[at] <= chart.p99_us[at]);
		assert.equal(chart.p50_us[chart.calls.findIndex((c) => c === 0)] ?? null, null);
	}
	assert.ok((await api("functions/calm/chart?range=15m")).marks.some((m) => m.kind === "version"));
});

test("a function, its contract, its versions; who may read what", async () => {
	const f = await api("functions/steal");
	assert.equal(f.contract.queries[0], "CountNotes");
	assert.equal(f.queries[0].grants[0].table, "notes");
	assert.ok(f.profile.words.length > 0 && Array.isArray(f.versions));
	const { grants, tables } = await api("authority");
	assert.ok(tables.some((t) => t.name === "notes"));
	assert.ok(grants.some((g) => g.function === "steal" && g.query === "CountNotes" && g.operation === "read"));
	assert.ok(!grants.some((g) => g.query === "ReadVault"), "no function may run it");
});

test("a trace that comes in goes on: in the answer, in the record, on the command line", async () => {
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736", parent = "00f067aa0ba902b7";
	const answer = await app.call("POST", "/steal", { query: "ReadVault" }, { traceparent: `00-${trace}-${parent}-01` });
	const line = answer.headers.get("traceresponse");
	assert.match(line, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
	const { requests } = await until("the record", 3000, async () => {
		const found = await app.call("GET", `/_ward/api/traces/${trace}`);
		return found.status === 200 && found.body;
	});
	assert.equal(requests.length, 1);
	assert.deepEqual([requests[0].span, requests[0].parent], [line.slice(36, 52), parent]);
	const told = await run(["trace", trace, "--state", app.state]);
	assert.equal(told.code, 0, told.stderr);
	assert.match(told.stdout, /steal of version [0-9a-f]{8}\n {2}ended {2}ok, status 200/);
	assert.match(told.stdout, /1\. query CountNotes\n {4}2\. query \(not in the contract\)/);
	const bad = await app.call("POST", "/calm", { n: 1 }, { traceparent: "00-00000000000000000000000000000000-00f067aa0ba902b7-01" });
	assert.equal(bad.headers.get("traceresponse"), null);
	assert.match((await api("requests?limit=1")).requests[0].trace, /^(?!0{32})[0-9a-f]{32}$/);
});

test("a refused field is named", async () => {
	assertProblem(await app.call("POST", "/calm", { n: "a text" }), 400);
	const { requests } = await until("the record", 3000, async () => {
		const found = await api("requests?function=calm&outcome=input_refused");
		return found.requests.length > 0 && found;
	});
	assert.equal((await api(`requests/${requests[0].id}`)).refused_field, "n");
});

test("logs by function and request, on the page and on the command line", async () => {
	const answer = await app.call("POST", "/throws", { text: "a leaf" });
	const { lines } = await until("the line", 3000, async () => {
		const found = await api(`logs?request=${answer.body.id}`);
		return found.lines.length && found;
	});
	assert.match(lines[0].text, /the inner detail: a leaf\n {4}at deep \(functions\/throws\.ts/);
	const told = await run(["logs", "--function", "throws", "--state", app.state]);
	assert.match(told.stdout, new RegExp(`error +throws +${answer.body.id} +Error: the inner detail: a leaf\n +at deep`));
	assert.equal((await run(["logs", "--function", "a b", "--state", app.state])).code, 2);
});

test("events: the state at once, then what happens, as it happens", async () => {
	const stream = await listen();
	assert.equal(stream.status, 200);
	assert.match(stream.headers["content-type"], /^text\/event-stream/);
	const event = (name, check = () => true) => until(`an event ${name}`, 5000, () => stream.events.find((e) => e.name === name && check(e.data)));
	await event("hello", (d) => d.app === "hostile");
	await event("overview", (d) => d.functions.length > 5);
	await event("processes", (d) => d.processes.some((p) => p.name === "monitor"));
	await app.call("POST", "/calm", { n: 1 });
	await event("requests", (d) => d.requests.length > 0);
	const began = Date.now();
	await app.call("POST", "/leak", { wrong: true });
	const { data } = await event("incident", (d) => d.kind === "mismatch" && d.state === "acting");
	assert.ok(Date.now() - began < 3000 && data.function === "leak" && data.signals >= 1);
	const made = await post("actions", { action: "throttle", function: "giant" });
	await event("action", (d) => d.actions.some((a) => a.id === made.body.id));
	assert.equal((await post(`actions/${made.body.id}/release`, {})).status, 200);
	stream.close();
});

test("streams are bounded, and a client that leaves makes room", async () => {
	const streams = [];
	for (let n = 0; n < 20; n++) streams.push(await listen());
	await sleep(1300);
	const alive = streams.filter((s) => s.events.some((e) => e.name === "overview"));
	assert.equal(alive.length, 16);
	for (const s of streams) s.close();
	await until("room", 3000, async () => {
		const one = await listen();
		await sleep(300);
		one.close();
		return one.events.length > 0;
	});
});

test("a challenge is passed with a proof of work, a few times, and by no other's", async () => {
	const made = await post("actions", { action: "challenge", function: "calm", minutes: 5 });
	const asked = await until("the challenge", 2000, async () => {
		const answer = await app.call("POST", "/calm", { n: 1 });
		return answer.status === 429 && answer;
	});
	const [algorithm, bits, nonce] = asked.headers.get("ward-challenge").split(" ");
	assert.equal(algorithm, "sha256");
	const zeros = (hash) => Math.clz32(hash.readUInt32BE(0));
	let counter = 0;
	while (zeros(createHash("sha256").update(`${nonce}:${counter}`).digest()) < Number(bits)) counter++;
	const proof = `${nonce}:${counter}`;
	assert.equal((await app.call("POST", "/calm", { n: 1 }, { "ward-proof": proof })).status, 200);
	for (const wrong of [`${nonce}:${counter + 1}`, `0123456789abcdef:${counter}`, nonce, ":", "", `${nonce}:-1`, `${nonce}:${"9".repeat(30)}`])
		assert.equal((await app.call("POST", "/calm", { n: 1 }, { "ward-proof": wrong })).status, 429, wrong);
	const statuses = [];
	for (let n = 0; n < 40; n++) statuses.push((await app.call("POST", "/calm", { n: 1 }, { "ward-proof": proof })).status);
	assert.ok(statuses.includes(200) && statuses.includes(429), "one proof is not for ever");
	await post(`actions/${made.body.id}/release`, {});
	await until("it is over", 2000, async () => (await app.call("POST", "/calm", { n: 1 })).status === 200);
});

test("the command line does the same", async () => {
	const state = ["--state", app.state];
	const made = await run(["act", "quarantine", "--function", "calm", "--minutes", "3", "--why", "a drill", ...state]);
	assert.match(made.stdout, /^\d+ +quarantine +calm +, 3 min left, by owner: a drill\n$/);
	await until("the quarantine", 2000, async () => (await app.call("POST", "/calm", { n: 1 })).status === 503);
	const id = made.stdout.split(" ")[0];
	assert.match((await run(["act", ...state])).stdout, new RegExp(`^${id} +quarantine`));
	assert.equal((await run(["act", "release", id, ...state])).code, 0);
	await until("it is over", 2000, async () => (await app.call("POST", "/calm", { n: 1 })).status === 200);
	assert.equal((await run(["act", "ban", ...state])).code, 1);
	assert.match((await run(["act", ...state])).stdout, /^Nothing is in force\.\n$/);
});

test("kill -9 of the monitor: what is in force stays in force, requests go on, streams come back", async () => {
	const stream = await listen();
	const made = await post("actions", { action: "quarantine", function: "giant", minutes: 5 });
	await until("the quarantine", 2000, async () => (await app.call("POST", "/giant", {})).status === 503);
	const monitor = async () => (await app.processes()).find((p) => p.name === "monitor");
	const { pid } = await monitor();
	process.kill(pid, "SIGKILL");
	assert.equal((await app.call("POST", "/calm", { n: 1 })).status, 200);
	await stream.ended;
	await until("it is back", 5000, async () => {
		const now = await monitor();
		return now.state === "ready" && now.pid !== pid;
	});
	await until("it answers", 3000, async () => (await app.call("GET", "/_ward/api/overview")).status === 200);
	const { actions } = await api("actions");
	assert.deepEqual(actions.map((a) => [a.id, a.action, a.function]), [[made.body.id, "quarantine", "giant"]]);
	assert.equal((await app.call("POST", "/giant", {})).status, 503);
});

test("accounts in numbers, and the audit log", async () => {
	const before = await api("identity");
	const email = "ada@example.org";
	await app.call("POST", "/_ward/auth/sign-up", { email, password: "nine lives and a harbour" });
	await app.call("POST", "/_ward/auth/sign-in", { email, password: "not this one at all" });
	const now = await api("identity");
	assert.equal(now.users, before.users + 1);
	assert.equal(now.signed_up, before.signed_up + 1);
	assert.ok(now.refused > before.refused && now.sessions > 0, JSON.stringify(now));
	assert.equal(now.minutes.time_s.length, 60);
	assert.ok(now.minutes.refused.at(-1) + now.minutes.refused.at(-2) >= 1);
	const { events, more } = await api("audit?limit=2");
	assert.ok(events.length > 0 && typeof more === "boolean");
	assert.ok(events.every((e, i) => i === 0 || e.id < events[i - 1].id));
	await post("actions", { action: "throttle", function: "calm", minutes: 1, why: "seen in the audit" });
	const acts = (await api("audit?limit=50")).events.filter((e) => e.kind === "act");
	assert.match(acts[0].detail, /POST \/_ward\/api\/actions .*seen in the audit/);
});
