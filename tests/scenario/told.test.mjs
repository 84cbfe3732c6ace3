// Who is told outside: webhooks that are signed and tried until they are taken, mails that stay few, logs for collectors. The
// receivers are real: an HTTP server that checks with the library of Standard Webhooks, an SMTP server, OTLP's own messages.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp, root, run, sleep, until } from "./lib.mjs";
import { Sink, header } from "./mail-sink.mjs";

let Webhook, otlp;
try {
	const need = createRequire(path.join(root, "tests", "package.json"));
	({ Webhook } = need("standardwebhooks"));
	otlp = need("@opentelemetry/otlp-transformer/build/src/generated/root.js").opentelemetry.proto.collector;
} catch (why) {
	if (why.code !== "MODULE_NOT_FOUND") throw why;
	console.log("skipped: npm standardwebhooks is not installed (scripts/setup tests)");
	process.exit(77);
}

const HOOK_SECRET = `whsec_${Buffer.from("twenty-four bytes of it!").toString("base64")}`;
const told = [];
// What each path answers with; 200 where nothing is said.
const answers = {};
const outside = http.createServer((request, answer) => {
	let text = "";
	request.on("data", (d) => (text += d));
	request.on("end", () => {
		const status = answers[request.url]?.() ?? 200;
		told.push({ path: request.url, headers: request.headers, text, status, at: Date.now() });
		answer.writeHead(status).end("{}");
	});
});
const at = (name) => told.filter((t) => t.path === name);
const message = (t) => JSON.parse(t.text);

let app, sink, dir;
before(async () => {
	sink = await Sink.start();
	await new Promise((done) => outside.listen(0, "127.0.0.1", done));
	const { port } = outside.address();
	const host = (name, more = "") => `{host: 127.0.0.1, port: ${port}, tls: false, private: true, paths: [${name}]${more}}`;
	dir = copyApp("tests/scenario/apps/hostile");
	appendFileSync(path.join(dir, "ward.yaml"), `
watch:
  webhooks:
    - ${host("/hook", ", sign: HOOK_SECRET")}
    - ${host("/gone")}
  otlp:
    - ${host("/collect")}
  mail: [ops@example.org, second@example.org]
mail:
  smtp: "smtp://127.0.0.1:${sink.port}"
  from: "Ward <ward@example.org>"
  private: true
`);
	answers["/gone"] = () => 410;
	app = await Served.start(dir, { args: ["--origin", "https://shop.example"] });
	assert.match(app.log, /watch needs the secret HOOK_SECRET, which is not set/);
	const set = await run(["secret", "set", "HOOK_SECRET", "--app", dir, "--state", app.state], { input: HOOK_SECRET });
	assert.equal(set.code, 0, set.stderr);
});
after(async () => {
	await app.stop();
	await sink.stop();
	outside.close();
	outside.closeAllConnections();
});

const ask = async (...args) => {
	const { code, stdout, stderr } = await run([...args, "--json", "--state", app.state]);
	assert.equal(code, 0, stderr);
	return JSON.parse(stdout);
};
const steal = () => app.call("POST", "/steal", { query: "ReadVault" });
const mismatch = () => app.call("POST", "/leak", { wrong: true });
const incident = (kind, name) =>
	until(`${kind} of ${name}`, 10_000, async () => (await ask("top")).incidents.find((i) => i.kind === kind && i.function === name));
const close = async (id) => {
	const { code, stderr } = await run(["act", "close", String(id), "--state", app.state]);
	assert.equal(code, 0, stderr);
};
// Closes it; returns its number once the webhooks know.
const end = async (kind, name) => {
	const { id } = await incident(kind, name);
	await close(id);
	await until("the end is told", 5000, () => at("/hook").some((t) => message(t).event === "over" && message(t).incident.id === id));
	return id;
};
const deliveries = async (to) => (await ask("deliveries")).deliveries.filter((d) => d.to.endsWith(to));
const verified = (t) => new Webhook(HOOK_SECRET).verify(t.text, t.headers);

test("a webhook's message is signed with its time and number; a receiver's library takes it, and nothing else", async () => {
	await steal();
	await until("the message", 10_000, () => at("/hook").length > 0);
	const [first] = at("/hook");
	assert.equal(verified(first).incident.kind, "denial");
	assert.match(first.headers["webhook-id"], /^msg_[0-9a-f]{16}$/);
	assert.ok(Math.abs(Number(first.headers["webhook-timestamp"]) * 1000 - first.at) < 5000);
	assert.throws(() => verified({ ...first, text: first.text.replace("denial", "Denial") }));
	assert.throws(() => verified({ ...first, headers: { ...first.headers, "webhook-id": "msg_0000000000000001" } }));
	const old = String(Number(first.headers["webhook-timestamp"]) - 1);
	assert.throws(() => verified({ ...first, headers: { ...first.headers, "webhook-timestamp": old } }));
	await until("it is known", 2000, async () => (await deliveries("/hook"))[0]?.state === "taken");
});

test("a receiver that is gone is not asked again; what it did not take is shown, and tried again by hand", async () => {
	const [dead] = await until("a dead message", 5000, async () => {
		const d = await deliveries("/gone");
		return d[0]?.state === "dead" && d;
	});
	assert.deepEqual([dead.status, dead.tries, dead.event], [410, 1, "acting"]);
	assert.equal(at("/gone").length, 1);
	assert.equal(at("/gone")[0].headers["webhook-signature"], undefined, "one without a secret is not signed");
	const shown = await run(["deliveries", "--state", app.state]);
	assert.match(shown.stdout, new RegExp(`${dead.id} .*dead .*/gone .*1 try, answered 410: it was refused`));
	delete answers["/gone"];
	const again = await run(["deliveries", "retry", String(dead.id), "--state", app.state]);
	assert.equal(again.code, 0, again.stderr);
	await until("it is taken", 5000, async () => (await deliveries("/gone")).find((d) => d.id === dead.id).state === "taken");
	assert.equal(at("/gone")[1].headers["webhook-id"], at("/gone")[0].headers["webhook-id"]);
	const twice = await run(["deliveries", "retry", String(dead.id), "--state", app.state]);
	assert.equal(twice.code, 1);
	assert.match(twice.stderr, /no such message that nobody took/);
});

test("an incident is one mail to each address when it is acted on, and one when it is over", async () => {
	const mail = await sink.newest("ops@example.org").catch(() => sink.newest("ops@example.org"));
	assert.deepEqual(header(mail, "Subject"), ["[hostile] denial in steal began"]);
	assert.deepEqual(header(mail, "From"), ["Ward <ward@example.org>"]);
	assert.match(mail.text, /Function steal, .*It tried query/);
	assert.match(mail.text, /ward trace [0-9a-f]{16}/);
	assert.match(mail.text, /https:\/\/shop\.example\/_ward\/incidents/);
	await sink.newest("second@example.org");
	for (let n = 0; n < 20; n++) await steal();
	const { id } = await incident("denial", "steal");
	await close(id);
	const over = await sink.newest("ops@example.org", 2).catch(() => sink.newest("ops@example.org", 2));
	assert.deepEqual(header(over, "Subject"), ["[hostile] denial in steal is over"]);
	assert.equal(sink.to("ops@example.org").length, 2, "of the twenty nobody was told again");
	assert.equal(sink.to("second@example.org").length, 2);
});

test("many incidents at once are one mail", async () => {
	const before = sink.to("ops@example.org").length;
	await Promise.all([steal(), mismatch(), app.call("POST", "/recurse", {})]);
	await incident("mismatch", "leak");
	const mail = await sink.newest("ops@example.org", before + 1).catch(() => sink.newest("ops@example.org", before + 1));
	assert.match(header(mail, "Subject")[0], /^\[hostile\] [23] incidents: [23] began, 0 are over$/);
	assert.match(mail.text, /denial in steal began/);
	assert.match(mail.text, /mismatch in leak began.*did not fit its declared type/);
	await sleep(1000);
	assert.equal(sink.to("ops@example.org").length, before + 1);
});

test("a receiver that is busy is asked again after five seconds and ten, with the same number and a new time", async () => {
	const known = await end("denial", "steal");
	let refusals = 0;
	answers["/hook"] = () => (refusals++ < 2 ? 503 : 200);
	await steal();
	const mine = () => at("/hook").filter((t) => message(t).incident.kind === "denial" && message(t).incident.id > known);
	await until("the third try", 30_000, () => mine().length >= 3);
	const tries = mine();
	assert.deepEqual(tries.map((t) => t.status), [503, 503, 200]);
	assert.equal(new Set(tries.map((t) => t.headers["webhook-id"])).size, 1);
	const waits = [tries[1].at - tries[0].at, tries[2].at - tries[1].at];
	assert.ok(waits[0] > 4500 && waits[0] < 8000 && waits[1] > 9500 && waits[1] < 14_000, `${waits} ms`);
	for (const t of tries) verified(t);
	delete answers["/hook"];
	assert.equal(at("/gone").filter((t) => message(t).incident.id === message(tries[0]).incident.id).length, 1, "the other one did not wait");
});

test("what was not taken outlives the monitor and ward", async () => {
	const known = await end("denial", "steal");
	answers["/hook"] = () => 503;
	await steal();
	const mine = () => at("/hook").find((t) => message(t).incident.id > known);
	await until("the first try", 10_000, mine);
	const id = mine().headers["webhook-id"];
	const { pid } = (await app.processes()).find((p) => p.name === "monitor");
	process.kill(pid, "SIGKILL");
	await until("another monitor", 5000, async () => {
		const m = (await app.processes()).find((p) => p.name === "monitor");
		return m.state === "ready" && m.pid !== pid;
	});
	await until("a try by it", 15_000, () => at("/hook").filter((t) => t.headers["webhook-id"] === id).length >= 2);
	const { state } = app;
	app.child.kill("SIGTERM");
	assert.deepEqual(await app.ended, { code: 0, signal: null });
	delete answers["/hook"];
	app = await Served.start(dir, { state, args: ["--origin", "https://shop.example"] });
	await until("it is taken", 40_000, () => at("/hook").some((t) => t.headers["webhook-id"] === id && t.status === 200));
	await sleep(500);
	assert.equal(at("/hook").filter((t) => t.headers["webhook-id"] === id && t.status === 200).length, 1);
	verified(at("/hook").at(-1));
});

// As OTLP's protobuf definitions have it: nothing that they do not know, nothing of another type.
const conforms = (type, body) => {
	const made = type.fromObject(body);
	assert.equal(type.verify(made), null);
	assert.deepEqual(type.toObject(made, { longs: String, bytes: String }), body);
};

test("a collector gets traces, metrics and logs that OTLP's own definitions take", async () => {
	await app.call("POST", "/throws", { text: "it broke" });
	const of = (name) => at(`/collect/v1/${name}`).map(message);
	const logged = () => of("logs").flatMap((b) => b.resourceLogs.flatMap((r) => r.scopeLogs.flatMap((s) => s.logRecords)));
	const spans = () => of("traces").flatMap((b) => b.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)));
	const broke = () => logged().find((r) => r.body.stringValue.includes("it broke"));
	await until("all three", 25_000, () => broke() && spans().some((s) => s.traceId === broke().traceId));
	for (const body of of("traces")) conforms(otlp.trace.v1.ExportTraceServiceRequest, body);
	for (const body of of("metrics")) conforms(otlp.metrics.v1.ExportMetricsServiceRequest, body);
	for (const body of of("logs")) conforms(otlp.logs.v1.ExportLogsServiceRequest, body);
	assert.ok(of("metrics").length > 0);
	const thrown = broke();
	assert.deepEqual([thrown.severityNumber, thrown.severityText], [17, "ERROR"]);
	const attribute = (name) => thrown.attributes.find((a) => a.key === name).value.stringValue;
	assert.deepEqual([attribute("faas.name"), attribute("ward.app")], ["throws", "hostile"]);
	// The same request everywhere: in the log, in the trace, and for `ward trace`.
	const shown = await ask("trace", attribute("ward.request"));
	assert.deepEqual([shown.trace, shown.span], [thrown.traceId, thrown.spanId]);
	assert.equal(spans().find((s) => s.traceId === thrown.traceId).status.code, 2);
});
