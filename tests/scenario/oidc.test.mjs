// Sign-in at a real provider through the running program: gateway, broker, egress. The provider is npm oidc-provider on this machine; what it
// says is forged on its way out, from a token that it made itself.
import assert from "node:assert/strict";
import { createHmac, createSign } from "node:crypto";
import { appendFileSync, rmSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { cookieOf } from "./accounts.mjs";
import { Served, assertProblem, copyApp, run, sleep } from "./lib.mjs";

const provider = await import("../oidc/provider.mjs").catch((why) => {
	if (why.code !== "ERR_MODULE_NOT_FOUND") throw why;
	console.log("skipped: npm oidc-provider is not installed (scripts/setup tests)");
	process.exit(77);
});
const { startProvider, browse, newKey } = provider;

const origin = "https://shop.example";
const redirect = `${origin}/_ward/account/callback`;
const own = [
	{ client_id: "shop", client_secret: "a secret: of %20 odd letters", redirect_uris: [redirect] },
	{ client_id: "other", client_secret: "b".repeat(40), redirect_uris: ["https://other.example/callback"] },
];
const first = newKey("first"), evil = newKey("evil");
let op, other, app, verified = true;
// A provider whose document sends ward elsewhere in the private network, and the place it would like to have reached.
const inside = [];
const inner = http.createServer((q, a) => (inside.push(q.url), a.end("{}")));
let document = {};
const crooked = http.createServer((q, a) => a.end(JSON.stringify(document)));
const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", done));

before(async () => {
	op = await startProvider({ keys: [first], own, emailVerified: () => verified });
	await listen(inner);
	await listen(crooked);
	other = await startProvider({ keys: [evil], own });
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"), { force: true });
	appendFileSync(path.join(dir, "ward.yaml"), `
identity:
  issuers:
    - {name: orchid, issuer: "${op.issuer}", client_id: shop, secret: ORCHID_SECRET, private: true}
    - {name: other, issuer: "${other.issuer}", client_id: shop, secret: ORCHID_SECRET, private: true}
    - {name: gone, issuer: "http://127.0.0.1:9", client_id: shop, private: true}
    - {name: crooked, issuer: "http://127.0.0.1:${crooked.address().port}", client_id: shop, private: true}
`);
	app = await Served.start(dir, { args: ["--origin", origin] });
});
after(async () => {
	await app.stop();
	await op.stop();
	await other.stop();
	for (const server of [inner, crooked]) server.close(), server.closeAllConnections();
});

const auth = (name, body, headers) => app.call("POST", `/_ward/auth/${name}`, body, headers);
// What the browser holds after the first step: where to go, and the cookie that ties the answer to this browser.
const start = async (name = "orchid") => {
	const answer = await auth("oidc/start", { provider: name });
	assert.equal(answer.status, 200, answer.text);
	const flow = answer.headers.getSetCookie().find((line) => line.startsWith("__Host-ward_flow=")).split(";")[0];
	return { url: answer.body.url, flow };
};
const finish = ({ state, code, iss, error }, flow) =>
	auth("oidc/finish", Object.fromEntries(Object.entries({ state, code, iss, error }).filter(([, value]) => value !== undefined)), flow ? { cookie: flow } : {});
const signIn = async (change = (query) => query) => {
	const { url, flow } = await start();
	return finish(change(await browse(url)), flow);
};
const unread = (event) => {
	const seen = app.entries(event).length;
	return () => app.entries(event).slice(seen);
};
// Refused, with the reason in the log and none for the caller, and no session.
const refusedFor = async (reason, attempt) => {
	const news = unread("sign_in_refused");
	const answer = await attempt();
	assert.equal(answer.status, 401, answer.text);
	assert.equal(answer.body.title, "That was not accepted");
	assert.equal(cookieOf(answer), undefined);
	for (let i = 0; i < 50 && !news().some((e) => reason.test(e.why)); i++) await sleep(20);
	assert.ok(news().some((e) => reason.test(e.why)), `${reason} is not in ${JSON.stringify(news())}`);
};
const part = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
const open = (token) => token.split(".").slice(0, 2).map((p) => JSON.parse(Buffer.from(p, "base64url")));
const resign = (token, key, claims = {}, header = {}) => {
	const [oldHeader, oldClaims] = open(token);
	const body = `${part({ ...oldHeader, kid: key.kid, ...header })}.${part({ ...oldClaims, ...claims })}`;
	return `${body}.${createSign("RSA-SHA256").update(body).sign(key.privateKey, "base64url")}`;
};

test("without its secret the client is refused, and ward says so at the start", async () => {
	assert.match(app.log, /orchid needs the secret ORCHID_SECRET, which is not set/);
	await refusedFor(/answered 401/, () => signIn());
	const set = await run(["secret", "set", "ORCHID_SECRET", "--app", app.dir, "--state", app.state], { input: own[0].client_secret });
	assert.equal(set.code, 0, set.stderr);
});

test("a sign-in makes an account and a session that functions take", async () => {
	assert.deepEqual((await app.call("GET", "/_ward/auth/methods")).body.providers, ["orchid", "other", "gone", "crooked"]);
	const { url, flow } = await start();
	const query = new URL(url).searchParams;
	assert.equal(new URL(url).origin, op.issuer);
	assert.equal(query.get("redirect_uri"), redirect);
	assert.equal(query.get("code_challenge_method"), "S256");
	assert.ok(query.get("nonce").length >= 43 && query.get("state").length >= 43);
	const answer = await finish(await browse(url), flow);
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.body.user.email, "rosalind@example.org");
	assert.deepEqual(answer.body.session.methods, ["oidc"]);
	assert.equal((await app.call("GET", "/orders", undefined, { cookie: cookieOf(answer) })).status, 200);
	const again = await signIn();
	assert.equal(again.body.user.id, answer.body.user.id, "the same person has the same account");
});

test("a code and a state are good once", async () => {
	const { url, flow } = await start();
	const query = await browse(url);
	assert.equal((await finish(query, flow)).status, 200);
	await refusedFor(/./, () => finish(query, flow));
	const next = await start();
	const { state } = await browse(next.url);
	await refusedFor(/answered 400/, () => finish({ ...query, state }, next.flow));
});

test("what was begun in one browser ends in no other", async () => {
	const { url, flow } = await start();
	const query = await browse(url);
	await refusedFor(/another browser/, () => finish(query, undefined));
	const attacker = await start(), victim = await start();
	const planted = await browse(attacker.url);
	await refusedFor(/another browser/, () => finish(planted, victim.flow));
	void flow;
});

test("an answer of another issuer is refused: mix-up", async () => {
	await refusedFor(/another provider/, () => signIn((query) => ({ ...query, iss: other.issuer })));
	await refusedFor(/another provider/, () => signIn(({ iss, ...query }) => query));
	// The attacker's provider hands the browser a code of its own for the state of the honest one.
	const honest = await start("orchid"), crooked = await start("other");
	const stolen = await browse(crooked.url), state = (await browse(honest.url)).state;
	await refusedFor(/another provider/, () => finish({ ...stolen, state }, honest.flow));
});

const forged = (name, reason, tamper) =>
	test(`refused: ${name}`, async () => {
		op.hook.tamper = tamper;
		await refusedFor(reason, () => signIn());
		op.hook.tamper = null;
		assert.equal((await signIn()).status, 200, "and the honest one still works");
	});
let earlier;
test("(a token is kept for later)", async () => {
	op.hook.tamper = (token) => (earlier = token);
	assert.equal((await signIn()).status, 200);
	op.hook.tamper = null;
});
forged("a token of an earlier sign-in (nonce)", /nonce/, () => earlier);
forged("a token for another client (audience)", /another client/, (token) => resign(token, first, { aud: "other" }));
forged("an expired token", /expired/, (token) => resign(token, first, { iat: 1700000000, exp: 1700000600 }));
forged("a token of another issuer", /another issuer/, (token) => resign(token, first, { iss: other.issuer }));
forged("alg none", /not accepted/, (token) => `${part({ alg: "none" })}.${part({ ...open(token)[1], sub: "admin" })}.`);
forged("key confusion: HMAC under the public key", /HS256/, (token) => {
	const body = `${part({ alg: "HS256", kid: "first" })}.${part({ ...open(token)[1], sub: "admin" })}`;
	return `${body}.${createHmac("sha256", first.publicKey.export({ type: "spki", format: "pem" })).update(body).digest("base64url")}`;
});
forged("a key that the token brings along", /key|signature/, (token) =>
	resign(token, evil, { sub: "admin" }, { kid: "first", jwk: evil.publicKey.export({ format: "jwk" }) }));
forged("changed claims", /signature/, (token) => {
	const [h, , s] = token.split(".");
	return `${h}.${part({ ...open(token)[1], sub: "admin" })}.${s}`;
});

test("an address that the provider does not vouch for takes over nothing", async () => {
	assert.equal((await auth("sign-up", { email: "eve@example.org", password: "nine lives and a harbour" })).status, 200);
	op.hook.tamper = (token) => resign(token, first, { sub: "stranger", email: "eve@example.org", email_verified: true });
	assert.equal((await signIn()).status, 409, "nor one that it does vouch for: its owner signs in and adds the identity");
	op.hook.tamper = (token) => resign(token, first, { sub: "stranger", email: "eve@example.org", email_verified: false });
	const answer = await signIn();
	assert.equal(answer.status, 200);
	assert.equal(answer.body.user.email, null);
	op.hook.tamper = null;
});

test("a provider cannot send ward to other places of the private network", async () => {
	const issuer = `http://127.0.0.1:${crooked.address().port}`, target = `http://127.0.0.1:${inner.address().port}`;
	const honest = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t`, jwks_uri: `${issuer}/k` };
	for (const change of [{ token_endpoint: `${target}/latest/meta-data` }, { jwks_uri: `${target}/k` }, { token_endpoint: `${issuer}@127.0.0.1:${inner.address().port}/` },
		{ token_endpoint: `http://localhost:${crooked.address().port}/t` }, { jwks_uri: `https://127.0.0.1:${crooked.address().port}/k` }, { token_endpoint: "file:///etc/passwd" },
		{ issuer: target }]) {
		document = { ...honest, ...change };
		const answer = await auth("oidc/start", { provider: "crooked" });
		assert.ok(answer.status >= 400, `${JSON.stringify(change)}: ${answer.text}`);
	}
	assert.deepEqual(inside, []);
	document = honest;
	assert.equal((await auth("oidc/start", { provider: "crooked" })).status, 200);
});

test("keys are rotated: the new one is found, the old one no longer taken", async () => {
	assert.equal((await signIn()).status, 200);
	const { port } = op;
	await op.stop();
	op = await startProvider({ port, keys: [newKey("second")], own });
	await sleep(10500); // an unknown key has them fetched anew, at most every ten seconds
	assert.equal((await signIn()).status, 200);
	op.hook.tamper = (token) => resign(token, first);
	await refusedFor(/key/, () => signIn());
	op.hook.tamper = null;
});

test("a provider that is not there is an error, not a wait", async () => {
	const begun = Date.now();
	const answer = await auth("oidc/start", { provider: "gone" });
	assert.ok(answer.status === 401 || answer.status === 503, answer.text);
	assert.ok(Date.now() - begun < 8000);
	assert.equal((await auth("oidc/start", { provider: "nobody" })).status, 404);
});

test("secrets, codes and tokens are in no log line", () => {
	assert.doesNotMatch(app.log, /odd letters|code=|eyJ/);
});
