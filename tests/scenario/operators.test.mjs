// The operators' door: what opens it, what does not, and what is written down of what happens behind it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, cookieOf, enrol, totp, wardOperator, wardUser } from "./accounts.mjs";
import { Served, assertProblem, copyApp, freePort, run, until } from "./lib.mjs";

const OPS = "ops@example.org";
const BASE = "/_ward/operator/auth/";
const origin = "https://shop.example";
let app, state;

before(async () => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"), { force: true });
	state = mkdtempSync(path.join(os.tmpdir(), "ward-state-"));
	await wardUser(state, ["add", OPS, "--operator", "--password-stdin"], PASSWORD);
	app = await Served.start(dir, { state, args: ["--origin", origin] });
});
after(async () => {
	await app.stop();
});

const operator = (name, body, cookie) => app.call("POST", BASE + name, body, cookie ? { cookie } : {});
const look = (headers, pathname = "/_ward/api/overview") => app.call("GET", pathname, undefined, headers);
const signIn = async () => {
	const answer = await operator("sign-in", { email: OPS, password: PASSWORD });
	assert.equal(answer.status, 200, answer.text);
	return answer;
};
const assertInside = async (cookie) => {
	const answer = await look({ cookie });
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.body.app, "shop");
};
const assertOutside = async (headers) => assertProblem(await look(headers), 401);
let codes; // for recovery, each good once: an app's code would have to be waited for
const enter = async () => {
	const { challenge } = (await signIn()).body;
	const answer = await operator("second-factor", { challenge, code: codes.pop() });
	assert.equal(answer.status, 200, answer.text);
	return cookieOf(answer);
};

test("nobody is inside: without a session, with a made-up one, with one of the app", async () => {
	await assertOutside({});
	await assertOutside({ cookie: `__Host-ward_operator=${"A".repeat(43)}` });
	await assertOutside({ authorization: `Bearer ${"A".repeat(43)}` });
	const answer = await app.call("POST", "/_ward/auth/sign-up", { email: OPS, password: PASSWORD });
	const session = cookieOf(answer);
	const token = session.split("=")[1];
	for (let i = 0; i < 4; i++) {
		await assertOutside({ cookie: session });
		await assertOutside({ cookie: `__Host-ward_operator=${token}` });
		await assertOutside({ authorization: `Bearer ${token}` });
	}
	assert.equal((await app.call("GET", `${BASE}me`, undefined, { cookie: `__Host-ward_operator=${token}` })).status, 401);
});

test("the door makes no accounts", async () => {
	for (const name of ["sign-up", "mail/link", "wallet/begin", "oidc/start", "keys/create"])
		assert.equal((await operator(name, { email: "eve@example.org", password: PASSWORD })).status, 404);
});

test("its page is served whole, and the app's page cannot take its place", async () => {
	const page = await app.call("GET", "/_ward/operator/");
	assert.equal(page.status, 200);
	assert.match(page.headers.get("content-security-policy"), /frame-ancestors 'none'/);
	assert.equal((await app.call("GET", "/_ward/operator/reset")).text, page.text);
	assert.equal((await app.call("GET", "/_ward/operator/sign-in.js")).status, 200);
});

test("a password alone gives a session that opens only the way to a second factor", async () => {
	const answer = await signIn();
	const line = answer.headers.getSetCookie().find((l) => l.startsWith("__Host-ward_operator="));
	for (const part of ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"]) assert.ok(line.includes(part), line);
	const cookie = cookieOf(answer);
	await assertOutside({ cookie });
	await assertOutside({ cookie, host: "localhost" });
	const log = await app.call("GET", `${BASE}audit`, undefined, { cookie });
	assert.equal(log.status, 401);
	assert.equal(log.body.type, "second-factor-needed");
	const token = cookie.split("=")[1];
	for (let i = 0; i < 4; i++)
		assertProblem(await app.call("GET", "/orders", undefined, { cookie: `__Host-ward_session=${token}` }), 401);
});

test("with a second factor it is open, at every gateway; the token before it is dead", async () => {
	const before = cookieOf(await signIn());
	const made = await enrol(app, BASE, before);
	codes = made.recoveryCodes;
	for (let i = 0; i < 8; i++) await assertInside(made.cookie);
	await assertOutside({ cookie: before });
	const { challenge } = (await signIn()).body;
	const answer = await operator("second-factor", { challenge, code: totp(made.secret) });
	assert.equal(answer.status, 401, "a code is good once");
	await assertInside(await enter());
});

test("a token is worth nothing after sign-out, at once and at every gateway", async () => {
	const cookie = await enter();
	for (let i = 0; i < 8; i++) await assertInside(cookie);
	assert.equal((await operator("sign-out", {}, cookie)).status, 204);
	for (let i = 0; i < 8; i++) await assertOutside({ cookie });
});

test("other sites and tossed cookies are outside", async () => {
	const cookie = await enter();
	for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.example" }, { origin: "http://shop.example" }]) {
		const answer = await app.call("POST", "/_ward/api/nothing", {}, { cookie, ...headers });
		assert.ok(answer.status === 401 || answer.status === 403, answer.text);
	}
	await assertOutside({ cookie, "sec-fetch-site": "cross-site" });
	await assertOutside({ cookie: `${cookie}; __Host-ward_operator=${"E".repeat(43)}` });
	const log = (await app.call("GET", `${BASE}audit`, undefined, { cookie })).body.events;
	assert.deepEqual(log.filter((e) => e.kind === "act"), [], "what was refused is no act");
});

test("what an operator does is in the audit log, with who, from where and what", async () => {
	const cookie = await enter();
	const ban = { action: "ban", address: "00112233445566aa", minutes: 5 };
	const banned = await app.call("POST", "/_ward/api/actions", ban, { cookie, origin });
	assert.equal(banned.status, 201, banned.text);
	assert.equal(banned.body.by, OPS);
	const log = (await app.call("GET", "/_ward/api/audit?limit=50", undefined, { cookie })).body.events;
	const [newest] = (await app.call("GET", "/_ward/api/audit?limit=1", undefined, { cookie })).body.events;
	assert.equal(newest.id, log[0].id);
	const older = (await app.call("GET", `/_ward/api/audit?limit=2&before=${newest.id}`, undefined, { cookie })).body;
	assert.deepEqual(older.events.map((e) => e.id), log.slice(1, 3).map((e) => e.id));
	assertProblem(await app.call("GET", "/_ward/api/audit"), 401);
	const act = log.find((e) => e.kind === "act");
	assert.equal(act.by, OPS);
	assert.equal(act.address, "127.0.0.1");
	assert.equal(act.detail, `POST /_ward/api/actions ${JSON.stringify(ban)}`);
	assert.ok(Math.abs(act.time_ms - Date.now()) < 60000);
	const told = await run(["audit", "--limit", "50", "--json", "--state", state]);
	assert.deepEqual(JSON.parse(told.stdout).events, log, "`ward audit` tells the same");
	assert.match((await run(["audit", "--limit", "1", "--state", state])).stdout, new RegExp(`^${newest.id} `));
	assert.ok(log.some((e) => e.kind === "factor_changed" && e.realm === "operator"));
	assert.ok(log.some((e) => e.kind === "signed_in" && e.realm === "operator" && e.address === "127.0.0.1"));
});

test("a key for scripts reads or acts as it says, by name in the log, and ends when it is revoked", async () => {
	const make = async (name, scope) => (await wardOperator(state, ["key", "add", OPS, name, scope])).trim();
	const [reads, acts] = [await make("grafana", "read"), await make("deploy", "act")];
	const ask = (method, pathname, body, key) => app.call(method, pathname, body, { authorization: `Bearer ${key}` });
	const ban = { action: "ban", address: "00112233445566bb", minutes: 5 };
	for (let i = 0; i < 4; i++) {
		assert.equal((await ask("GET", "/_ward/api/overview", undefined, reads)).status, 200);
		assert.equal((await ask("GET", "/_ward/metrics", undefined, reads)).status, 200);
		assert.equal((await ask("GET", "/_ward/api/audit", undefined, reads)).status, 200);
		assertProblem(await ask("POST", "/_ward/api/actions", ban, reads), 403);
	}
	const done = await ask("POST", "/_ward/api/actions", ban, acts);
	assert.equal(done.status, 201, done.text);
	assert.equal(done.body.by, `key deploy of ${OPS}`);
	// Not as a cookie, which a browser would send for another's page, not at the doors of accounts, not at the app's functions.
	await assertOutside({ cookie: `__Host-ward_operator=${acts}` });
	assert.equal((await ask("GET", `${BASE}account`, undefined, acts)).status, 401);
	assert.equal((await ask("GET", `${BASE}audit`, undefined, acts)).status, 401);
	for (let i = 0; i < 4; i++) assertProblem(await ask("GET", "/orders", undefined, acts), 401);
	const lines = (await wardOperator(state, ["key", "list"])).trim().split("\n");
	assert.equal(lines.length, 2);
	assert.match(lines.find((l) => l.endsWith(" grafana")), /^[0-9a-f]{12} {2}read .* used \d{4}-/);
	assert.doesNotMatch(lines.join(), /wk_/);
	const log = (await ask("GET", "/_ward/api/audit", undefined, reads)).body.events;
	assert.ok(log.some((e) => e.kind === "act" && e.by === `key deploy of ${OPS}` && e.detail.includes("00112233445566bb")), JSON.stringify(log));
	assert.ok(log.some((e) => e.detail === 'API key "deploy" made' && e.by === "ward operator"));
	assert.equal(log.filter((e) => e.kind === "act" && e.by.includes("grafana")).length, 0, "what was refused is no act");
	await wardOperator(state, ["key", "revoke", lines.find((l) => l.endsWith(" deploy")).slice(0, 12)]);
	await until("the key to end", 5000, async () => (await ask("GET", "/_ward/api/overview", undefined, acts)).status === 401);
	assert.equal((await ask("GET", "/_ward/api/overview", undefined, reads)).status, 200);
	assertProblem(await ask("GET", "/_ward/api/overview", undefined, `wk_${"A".repeat(43)}`), 401);
});

test("requests sent at once are answered in order, whether or not the broker had to be asked", async () => {
	const cookie = await enter();
	const one = (name) => `GET /_ward/api/${name} HTTP/1.1\r\nHost: shop.example\r\nCookie: ${cookie}\r\n\r\n`;
	const post = `POST /_ward/api/nothing HTTP/1.1\r\nHost: shop.example\r\nCookie: ${cookie}\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}`;
	const got = await app.raw(one("a") + post + one("b") + "GET /_ward/health HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n");
	assert.deepEqual(got.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 404", "HTTP/1.1 404", "HTTP/1.1 404", "HTTP/1.1 200"], got);
	const stranger = one("a").replace(cookie, `__Host-ward_operator=${"B".repeat(43)}`);
	const refused = await app.raw(stranger + one("b") + "GET /_ward/health HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n");
	assert.deepEqual(refused.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 401", "HTTP/1.1 404", "HTTP/1.1 200"], refused);
	const chunked = `POST /_ward/api/nothing HTTP/1.1\r\nHost: shop.example\r\nCookie: ${cookie}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`;
	assert.deepEqual((await app.raw(chunked + one("b"))).match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 404", "HTTP/1.1 404"]);
});

test("an operator who is disabled is outside within a second or two", async () => {
	const cookie = await enter();
	await assertInside(cookie);
	await wardUser(state, ["disable", OPS, "--operator"]);
	await until("the session to end", 5000, async () => (await look({ cookie })).status === 401);
	assert.equal((await operator("sign-in", { email: OPS, password: PASSWORD })).status, 401);
	await wardUser(state, ["enable", OPS, "--operator"]);
	const log = (await app.call("GET", `${BASE}audit`, undefined, { cookie: await enter() })).body.events;
	assert.ok(log.some((e) => e.kind === "account_changed" && e.by === "ward user" && e.detail === "disabled"), JSON.stringify(log));
});

test("on the machine's own origin a password is enough, by the machine's own name only", async () => {
	const port = await freePort();
	const own = mkdtempSync(path.join(os.tmpdir(), "ward-state-"));
	await wardUser(own, ["add", OPS, "--operator", "--password-stdin"], PASSWORD);
	const local = await Served.start(app.dir, { port, state: own });
	try {
		const answer = await local.call("POST", `${BASE}sign-in`, { email: OPS, password: PASSWORD });
		const cookie = cookieOf(answer);
		assert.equal((await local.call("GET", "/_ward/api/overview", undefined, { cookie })).status, 200);
		const named = await local.raw(`GET /_ward/api/nothing HTTP/1.1\r\nHost: shop.example\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
		assert.match(named, /^HTTP\/1\.1 401/);
	} finally {
		await local.stop();
	}
});

test("tokens and passwords are in no log line", () => {
	assert.doesNotMatch(app.log, /nine lives|__Host/);
});
