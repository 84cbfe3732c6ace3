// Sessions that somebody else would like to have: planted, replayed, tossed in, ridden on from another site.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { totp } from "./people.mjs";
import { Served, assertProblem, copyApp, until } from "./lib.mjs";

const PASSWORD = "nine lives and a harbour";
let app;
before(async () => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"), { force: true });
	app = await Served.start(dir);
});
after(async () => {
	await app.stop();
});

const auth = (name, body, headers) => app.call("POST", `/_ward/auth/${name}`, body, headers);
const cookieOf = (answer) => answer.headers.get("set-cookie")?.split(";")[0];
const me = (cookie) => app.call("GET", "/_ward/auth/me", undefined, cookie ? { cookie } : {});
const orders = (headers) => app.call("GET", "/orders", undefined, headers);
const signIn = async (email, password = PASSWORD) => cookieOf(await auth("sign-in", { email, password }));

test("sign-up sets a cookie that scripts cannot read and other sites do not send", async () => {
	const answer = await auth("sign-up", { email: "ada@example.org", password: PASSWORD });
	assert.equal(answer.status, 200, answer.text);
	const line = answer.headers.get("set-cookie");
	for (const part of ["__Host-ward_session=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"]) assert.ok(line.includes(part), line);
	assert.doesNotMatch(line, /Domain=/i);
	assert.equal((await orders({ cookie: cookieOf(answer) })).status, 200);
});

test("the pages know whose accounts they are", async () => {
	assert.equal((await app.call("GET", "/_ward/auth/methods")).body.app, "shop");
	const page = await app.call("GET", "/_ward/account/");
	assert.equal(page.status, 200);
	assert.match(page.headers.get("content-security-policy"), /default-src 'none'/);
});

test("no session, a made-up one and a damaged one are refused alike", async () => {
	const good = await signIn("ada@example.org");
	for (const cookie of ["", "__Host-ward_session=AAAA", `${good}x`, good.slice(0, -1), "__Host-ward_session="])
		assertProblem(await orders(cookie ? { cookie } : {}), 401);
});

test("a planted token is never adopted: sign-in gives one of its own", async () => {
	const planted = `__Host-ward_session=${"P".repeat(43)}`;
	const answer = await auth("sign-in", { email: "ada@example.org", password: PASSWORD }, { cookie: planted });
	assert.equal(answer.status, 200);
	assert.notEqual(cookieOf(answer), planted);
	assertProblem(await orders({ cookie: planted }), 401);
});

test("signing in again ends the session that one came with", async () => {
	const first = await signIn("ada@example.org");
	const answer = await auth("sign-in", { email: "ada@example.org", password: PASSWORD }, { cookie: first });
	assert.equal((await orders({ cookie: cookieOf(answer) })).status, 200);
	assertProblem(await orders({ cookie: first }), 401);
});

test("a token is worth nothing after sign-out, at once and at every gateway", async () => {
	const cookie = await signIn("ada@example.org");
	for (let i = 0; i < 8; i++) assert.equal((await orders({ cookie })).status, 200);
	assert.equal((await auth("sign-out", {}, { cookie })).status, 204);
	for (let i = 0; i < 8; i++) assertProblem(await orders({ cookie }), 401);
	assert.equal((await me(cookie)).status, 401);
});

test("a change of password ends every other session and renews this one", async () => {
	await auth("sign-up", { email: "mary@example.org", password: PASSWORD });
	const here = await signIn("mary@example.org"), elsewhere = await signIn("mary@example.org");
	assert.equal((await orders({ cookie: elsewhere })).status, 200);
	const changed = await auth("password", { present: PASSWORD, wanted: "another walk by the sea" }, { cookie: here });
	assert.equal(changed.status, 200, changed.text);
	assertProblem(await orders({ cookie: elsewhere }), 401);
	assertProblem(await orders({ cookie: here }), 401);
	assert.equal((await orders({ cookie: cookieOf(changed) })).status, 200);
	assert.equal((await auth("sign-in", { email: "mary@example.org", password: PASSWORD })).status, 401);
});

test("the token from before a step up, and from before a second factor, is worth nothing", async () => {
	const before = cookieOf(await auth("sign-up", { email: "rot@example.org", password: PASSWORD }));
	const confirmed = await auth("confirm", { password: PASSWORD }, { cookie: before });
	assert.equal(confirmed.status, 200, confirmed.text);
	assertProblem(await orders({ cookie: before }), 401);
	const fresh = cookieOf(confirmed);
	const { challenge, secret } = (await auth("totp/begin", {}, { cookie: fresh })).body;
	const done = await auth("totp/finish", { challenge, code: totp(secret) }, { cookie: fresh });
	assert.equal(done.status, 200, done.text);
	assertProblem(await orders({ cookie: fresh }), 401);
	assert.equal((await orders({ cookie: cookieOf(done) })).status, 200);
	assert.equal((await me(before)).status, 401);
});

test("a sign-out outlives the broker that kept it", async () => {
	const out = await signIn("ada@example.org"), stays = await signIn("ada@example.org");
	for (const cookie of [out, stays]) assert.equal((await orders({ cookie })).status, 200);
	assert.equal((await auth("sign-out", {}, { cookie: out })).status, 204);
	const broker = (await app.processes()).find((p) => p.name === "broker");
	process.kill(broker.pid, "SIGKILL");
	await until("another broker", 10000, async () => (await orders({ cookie: stays })).status === 200);
	for (let i = 0; i < 8; i++) assertProblem(await orders({ cookie: out }), 401);
});

test("sessions are listed, and one is revoked from another", async () => {
	const one = await signIn("ada@example.org"), two = await signIn("ada@example.org");
	const { body } = await app.call("GET", "/_ward/auth/account", undefined, { cookie: one });
	assert.ok(body.sessions.length >= 2, JSON.stringify(body));
	assert.doesNotMatch(JSON.stringify(body), new RegExp(two.split("=")[1]), "a list never holds tokens");
	assert.equal((await auth("sessions/revoke-others", {}, { cookie: one })).status, 204);
	assertProblem(await orders({ cookie: two }), 401);
	assert.equal((await orders({ cookie: one })).status, 200);
});

test("two cookies of the name are none: a sibling domain cannot toss one in", async () => {
	const cookie = await signIn("ada@example.org");
	assertProblem(await orders({ cookie: `${cookie}; __Host-ward_session=${"E".repeat(43)}` }), 401);
	assertProblem(await orders({ cookie: `__Host-ward_session=${"E".repeat(43)}; ${cookie}` }), 401);
});

test("neither do two lines of cookies, nor two credentials, add up to one", async () => {
	const cookie = await signIn("ada@example.org"), token = cookie.split("=")[1];
	const get = (...lines) => app.raw(`GET /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.map((l) => `${l}\r\n`).join("")}\r\n`);
	const evil = `__Host-ward_session=${"E".repeat(43)}`;
	assert.match(await get(`Cookie: ${cookie}`), /^HTTP\/1\.1 200 /);
	for (const lines of [
		[`Cookie: ${cookie}`, `Cookie: ${evil}`],
		[`Cookie: ${evil}`, `Cookie: ${cookie}`],
		[`Authorization: Bearer ${"E".repeat(43)}`, `Authorization: Bearer ${token}`],
		[`Authorization: Bearer ${token}`, `Authorization: Bearer ${"E".repeat(43)}`],
		[`Authorization: Bearer ${"E".repeat(43)}`, `Cookie: ${cookie}`],
	])
		assert.match(await get(...lines), /^HTTP\/1\.1 40[01] /, lines.join(" "));
});

test("a token in the address is none", async () => {
	const cookie = await signIn("ada@example.org"), token = cookie.split("=")[1];
	for (const query of [`token=${token}`, `access_token=${token}`, `__Host-ward_session=${token}`])
		assertProblem(await app.call("GET", `/orders?${query}`), 401);
});

test("another site cannot sign a visitor in, nor out, nor up", async () => {
	const body = { email: "ada@example.org", password: PASSWORD };
	for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.example" }, { origin: "null" }])
		for (const name of ["sign-in", "sign-up", "wallet/begin", "passkey/sign-in/begin"]) {
			const answer = await auth(name, body, headers);
			assertProblem(answer, 403);
			assert.equal(answer.headers.get("set-cookie"), null);
		}
	// What a form can send without asking first: never JSON, and so never taken.
	const form = await app.call("POST", "/orders", "lines=1", { cookie: await signIn("ada@example.org"), "content-type": "application/x-www-form-urlencoded" });
	assertProblem(form, 415);
});

test("another site cannot ride on the cookie", async () => {
	const cookie = await signIn("ada@example.org");
	const order = { lines: [{ sku: "lamp-brass", qty: 1 }] };
	for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.example" }, { origin: "null" }]) {
		assertProblem(await app.call("POST", "/orders", order, { cookie, ...headers }), 403);
		assertProblem(await auth("sign-out", {}, { cookie, ...headers }), 403);
	}
	assert.equal((await app.call("POST", "/orders", order, { cookie, origin: app.base })).status, 200);
	assert.equal((await app.call("POST", "/orders", order, { cookie, "sec-fetch-site": "same-origin" })).status, 200);
});

test("without Fetch Metadata the Origin is compared whole: scheme, name and port", async () => {
	const cookie = await signIn("ada@example.org");
	const order = { lines: [{ sku: "lamp-brass", qty: 1 }] };
	const send = (origin) => app.call("POST", "/orders", order, { cookie, origin });
	for (const origin of [`https://127.0.0.1:${app.port}`, `https://localhost:${app.port}`, `http://localhost:${app.port + 1}`, "http://localhost",
		`http://localhost:${app.port}.evil.example`, `http://localhost.evil.example:${app.port}`, `http://evil.example:${app.port}`,
		`http://evil@localhost:${app.port}`, `http://localhost:${app.port}/`, `http://localhost:${app.port}0`, `localhost:${app.port}`, "http://", ""])
		assertProblem(await send(origin), 403);
	for (const origin of [`http://localhost:${app.port}`, `http://127.0.0.1:${app.port}`, `http://[::1]:${app.port}`])
		assert.equal((await send(origin)).status, 200, origin);
});

test("known and unknown accounts get the same answer", async () => {
	const known = await auth("sign-in", { email: "ada@example.org", password: "not the password at all" });
	const unknown = await auth("sign-in", { email: "nobody@example.org", password: "not the password at all" });
	const words = ({ status, body }) => ({ status, type: body.type, title: body.title });
	assert.deepEqual(words(known), words(unknown));
	assert.equal(known.status, 401);
});

test("a native client uses the token as a bearer, and only whole", async () => {
	const token = (await signIn("ada@example.org")).split("=")[1];
	assert.equal((await orders({ authorization: `Bearer ${token}` })).status, 200);
	assertProblem(await orders({ authorization: `Bearer ${token}x` }), 401);
	assertProblem(await orders({ authorization: `Basic ${token}` }), 401);
});

test("deleting the account ends it", async () => {
	const made = cookieOf(await auth("sign-up", { email: "gone@example.org", password: PASSWORD }));
	assert.equal((await auth("delete", {}, { cookie: made })).status, 204);
	assertProblem(await orders({ cookie: made }), 401);
	assert.equal((await auth("sign-in", { email: "gone@example.org", password: PASSWORD })).status, 401);
});

test("tokens and passwords are in no log line", () => {
	assert.doesNotMatch(app.log, /nine lives|another walk/);
});
