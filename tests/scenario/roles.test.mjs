// Roles, scopes, tenants, fresh and second proofs: what each function's contract asks of its caller holds on the running
// program, and nothing that a caller, a function or a thief sends makes anybody somebody else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, totp, user } from "./people.mjs";
import { Served, assertProblem, copyApp, run, sleep, until } from "./lib.mjs";

let app, ada, bob, eve;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/roles"));
	ada = await Person.signUp(app, "ada@example.org");
	bob = await Person.signUp(app, "bob@example.org");
	eve = await Person.signUp(app, "eve@example.org");
	await user(app, "tenant", "ada@example.org", "acme", "owner");
	await user(app, "tenant", "ada@example.org", "plain");
	await user(app, "tenant", "bob@example.org", "bolt");
});
after(async () => {
	await app?.stop();
});

const bearer = (key) => ({ authorization: `Bearer ${key}` });
const ask = (who, method, path, body) => who.call(method, path, body);

test("the caller is typed: nobody is null, and what somebody lacks is null", async () => {
	assert.deepEqual((await app.call("GET", "/anyone")).body, { user: null, role: null, tenant: null, nobody: true });
	const { user: own } = (await ada.auth("me")).body;
	assert.deepEqual((await ask(ada, "GET", "/who")).body, { user: own.id, role: null, tenant: null });
	assert.deepEqual((await ask(ada, "GET", "/anyone")).body, { user: own.id, role: null, tenant: null, nobody: false });
});

test("nobody gets in where somebody is asked for", async () => {
	for (const [method, path, body] of [["GET", "/who"], ["POST", "/purge", {}], ["POST", "/orders", { what: "x" }], ["GET", "/notes"],
		["POST", "/recent", {}], ["POST", "/guarded", {}], ["GET", "/export"]])
		assertProblem(await app.call(method, path, body), 401);
});

test("a role is given, holds at once, and is taken away at once; each change ends the sessions", async () => {
	assertProblem(await ask(eve, "POST", "/purge", {}), 403);
	await user(app, "roles", "eve@example.org", "member admin");
	await until("the old session to end", 3000, async () => (await ask(eve, "GET", "/who")).status === 401);
	const admin = await Person.signIn(app, "eve@example.org");
	const seen = await ask(admin, "POST", "/purge", {});
	assert.equal(seen.status, 200, seen.text);
	assert.equal(seen.body.role, "member", "the first of the roles is the main one");
	await user(app, "roles", "eve@example.org", "member");
	await until("the role to be gone", 3000, async () => (await ask(admin, "POST", "/purge", {})).status === 401);
	const again = await Person.signIn(app, "eve@example.org");
	assertProblem(await ask(again, "POST", "/purge", {}), 403);
});

test("who is disabled is out at once, and so are their machines", async () => {
	const zoe = await Person.signUp(app, "zoe@example.org");
	const { key } = await zoe.key({ scopes: "orders.read" });
	assert.equal((await app.call("GET", "/orders", undefined, bearer(key))).status, 200);
	await user(app, "disable", "zoe@example.org");
	await until("the session to end", 3000, async () => (await ask(zoe, "GET", "/who")).status === 401);
	await until("the key to end", 3000, async () => (await app.call("GET", "/orders", undefined, bearer(key))).status === 401);
	assert.equal((await zoe.auth("sign-in", { email: "zoe@example.org", password: "nine lives and a harbour" })).status, 401);
});

test("an operator lists and ends somebody's sessions", async () => {
	const here = await Person.signIn(app, "bob@example.org");
	assert.match(await user(app, "sessions", "bob@example.org"), /since .* seen .* 127\.0\.0\.1/);
	assert.match(await user(app, "sessions", "bob@example.org", "--end"), /[1-9]\d* sessions ended/);
	await until("the session to end", 3000, async () => (await ask(here, "GET", "/who")).status === 401);
	bob = await Person.signIn(app, "bob@example.org");
});

test("a key does what its scopes say, and nothing a person does", async () => {
	const { id, key } = await ada.key({ scopes: "orders.write" });
	const made = await app.call("POST", "/orders", { what: "lamp" }, bearer(key));
	assert.equal(made.status, 200, made.text);
	assert.equal(made.body.user, (await ada.auth("me")).body.user.id);
	assertProblem(await app.call("GET", "/orders", undefined, bearer(key)), 403);
	for (const [method, path] of [["GET", "/who"], ["POST", "/recent"], ["POST", "/guarded"], ["POST", "/purge"]])
		assertProblem(await app.call(method, path, method === "POST" ? {} : undefined, bearer(key)), 403);
	for (const name of ["keys/create", "keys/revoke", "delete", "password"])
		assert.equal((await app.call("POST", `/_ward/auth/${name}`, name === "keys/create" ? { name: "x", scopes: "a" } :
			name === "keys/revoke" ? { id } : name === "password" ? { present: "x", wanted: "y" } : {}, bearer(key))).status, 401, name);
	// A person has no scopes, whoever they are.
	assertProblem(await ask(ada, "POST", "/orders", { what: "lamp" }), 403);
});

test("keys are listed without their text, only their owner sees and revokes them, and then they are dead", async () => {
	const { id, key } = await ada.key({ scopes: "orders.read", name: "till" });
	const { keys } = (await ada.auth("account")).body;
	assert.deepEqual([keys.find((k) => k.id === id)].map((k) => [k.name, k.scopes]), [["till", "orders.read"]]);
	assert.ok(!JSON.stringify(keys).includes(key));
	assert.ok(!(await bob.auth("account")).body.keys.some((k) => k.id === id));
	assert.equal((await bob.auth("keys/revoke", { id })).status, 404);
	assert.equal((await app.call("GET", "/orders", undefined, bearer(key))).status, 200);
	assert.equal((await ada.auth("keys/revoke", { id })).status, 204);
	assertProblem(await app.call("GET", "/orders", undefined, bearer(key)), 401);
});

test("a bearer is whole, and of this form, or it is nothing", async () => {
	const { key } = await ada.key({ scopes: "orders.read" });
	const changed = key.slice(0, -1) + (key.endsWith("A") ? "B" : "A");
	for (const text of [changed, key.slice(3), `wk_${"A".repeat(43)}`, `${key} `.repeat(2).trim(), key.toUpperCase(), `${key}'--`, ""])
		assertProblem(await app.call("GET", "/orders", undefined, bearer(text)), 401);
	assertProblem(await app.call("GET", "/orders", undefined, { authorization: key }), 401);
	// A bad bearer does not fall back on a good cookie.
	assertProblem(await app.call("GET", "/who", undefined, { ...bearer(changed), cookie: ada.cookie }), 401);
});

test("a tenant is for its members, is chosen by the session, and its rows are seen nowhere else", async () => {
	assertProblem(await ask(ada, "GET", "/notes"), 403);
	assert.equal((await ada.tenant("bolt")).status, 401);
	const before = ada.cookie;
	assert.equal((await ada.tenant("acme")).status, 200);
	assert.notEqual(ada.cookie, before);
	assertProblem(await app.call("GET", "/notes", undefined, { cookie: before }), 401);
	assert.equal((await bob.tenant("bolt")).status, 200);
	const own = (await ask(ada, "POST", "/notes", { text: "of acme" })).body.id;
	const other = (await ask(bob, "POST", "/notes", { text: "of bolt" })).body.id;
	assert.deepEqual((await ask(ada, "GET", "/notes")).body, [{ id: own, firm: "acme", text: "of acme" }]);
	assert.deepEqual((await ask(bob, "GET", "/notes")).body, [{ id: other, firm: "bolt", text: "of bolt" }]);
	assert.deepEqual((await ask(ada, "GET", `/notes/${other}`)).body, { note: null });
	assert.deepEqual((await ask(ada, "PUT", `/notes/${other}`, { text: "taken" })).body, { changes: 0 });
	assert.equal((await ask(bob, "GET", `/notes/${other}`)).body.note.text, "of bolt");
});

test("a role in a tenant holds there only", async () => {
	assert.equal((await ada.tenant("acme")).status, 200);
	assert.deepEqual((({ role, tenant }) => [role, tenant])((await ask(ada, "POST", "/close", {})).body), ["owner", "acme"]);
	assert.equal((await ada.tenant("plain")).status, 200);
	assertProblem(await ask(ada, "POST", "/close", {}), 403);
	assert.equal((await ada.tenant("")).status, 200);
	assertProblem(await ask(ada, "POST", "/close", {}), 403);
});

test("where the membership names no role, all of one's own hold there, not only the first", async () => {
	await Person.signUp(app, "lea@example.org");
	await user(app, "roles", "lea@example.org", "member admin");
	await user(app, "tenant", "lea@example.org", "acme");
	await user(app, "tenant", "lea@example.org", "bolt", "guest");
	const lea = await Person.signIn(app, "lea@example.org");
	assert.equal((await lea.tenant("acme")).status, 200);
	assert.equal((await ask(lea, "POST", "/purge", {})).status, 200);
	// And where it names one, that alone: an admin elsewhere is a guest here.
	assert.equal((await lea.tenant("bolt")).status, 200);
	assertProblem(await ask(lea, "POST", "/purge", {}), 403);
});

test("a key of a tenant sees that tenant's rows; who leaves takes the key along", async () => {
	const amy = await Person.signUp(app, "amy@example.org");
	await user(app, "tenant", "amy@example.org", "acme");
	assert.equal((await amy.auth("keys/create", { name: "x", scopes: "notes.read", tenant: "bolt" })).status, 401);
	const { key } = await amy.key({ scopes: "notes.read", tenant: "acme" });
	const { key: homeless } = await amy.key({ scopes: "notes.read" });
	assertProblem(await app.call("GET", "/export", undefined, bearer(homeless)), 403);
	const rows = await app.call("GET", "/export", undefined, bearer(key));
	assert.deepEqual(rows.body.map((n) => n.firm), ["acme"]);
	await user(app, "tenant", "amy@example.org", "acme", "--leave");
	await until("the key to end", 3000, async () => (await app.call("GET", "/export", undefined, bearer(key))).status === 401);
});

test("who leaves a tenant is out of it at once", async () => {
	await user(app, "tenant", "eve@example.org", "bolt");
	const there = await Person.signIn(app, "eve@example.org");
	assert.equal((await there.tenant("bolt")).status, 200);
	assert.equal((await ask(there, "GET", "/notes")).status, 200);
	await user(app, "tenant", "eve@example.org", "bolt", "--leave");
	await until("the session to end", 3000, async () => (await ask(there, "GET", "/notes")).status !== 200);
});

test("a function cannot make itself somebody else", async () => {
	assert.equal((await ada.tenant("acme")).status, 200);
	const { user: victim } = (await bob.auth("me")).body;
	const { user: own } = (await ada.auth("me")).body;
	const { body, status, text } = await ask(ada, "POST", "/disguise", { user: victim.id, tenant: "bolt" });
	assert.equal(status, 200, text);
	assert.deepEqual([body.user, body.role, body.tenant], [own.id, "owner", "acme"]);
	assert.deepEqual(new Set(body.firms), new Set(["acme"]));
	assert.deepEqual(new Set(body.customers), new Set([own.id]));
});

test("nothing in a request says who calls", async () => {
	const { user: victim } = (await bob.auth("me")).body;
	const lies = { "x-user": victim.id, "x-forwarded-user": victim.id, "x-ward-user": victim.id, "ward-caller": victim.id, "x-tenant": "bolt", "x-role": "admin" };
	assert.equal((await ada.call("GET", "/who", undefined, lies)).body.user, (await ada.auth("me")).body.user.id);
	assertProblem(await ada.call("POST", "/purge", {}, lies), 403);
	assertProblem(await app.call("GET", "/who", undefined, { ...lies, cookie: `user=${victim.id}` }), 401);
	assertProblem(await ada.call("POST", "/notes", { text: "x", auth_tenant: "bolt" }), 400);
	assertProblem(await ada.call("GET", "/notes?auth_tenant=bolt"), 400);
});

test("an altered cookie is nobody's, in any place and of any other form", async () => {
	const token = ada.cookie.split("=")[1];
	const flip = (at) => token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
	for (const text of [...[0, 1, 20, 41, 42].map(flip), token.toLowerCase(), `${token}=`, `"${token}"`, encodeURIComponent(`${token} `), token + token])
		assertProblem(await app.call("GET", "/who", undefined, { cookie: `__Host-ward_session=${text}` }), 401);
	// The same token under a name without the prefix, which a sibling domain could set.
	for (const name of ["ward_session", "__Secure-ward_session", "__host-ward_session", "__HOST-WARD_SESSION"])
		assertProblem(await app.call("GET", "/who", undefined, { cookie: `${name}=${token}` }), 401);
});

test("a proof grows old, and is renewed by the password", async () => {
	assert.equal((await ask(ada, "POST", "/recent", {})).status, 200);
	await sleep(1300);
	const old = await ask(ada, "POST", "/instant", {});
	assertProblem(old, 401);
	const before = ada.cookie;
	assert.equal((await ada.auth("confirm", { password: "not the one at all" })).status, 401);
	assert.equal((await ada.auth("confirm", { password: "nine lives and a harbour" })).status, 200);
	assert.notEqual(ada.cookie, before, "a step up is a change of privilege: the token is a new one");
	assert.equal((await ask(ada, "POST", "/instant", {})).status, 200);
	assertProblem(await app.call("POST", "/recent", {}, { cookie: before }), 401);
});

test("where a second factor is asked for, a password alone is not enough", async () => {
	const kit = await Person.signUp(app, "kit@example.org");
	assertProblem(await ask(kit, "POST", "/guarded", {}), 403);
	const { secret, recoveryCodes } = await kit.addTotp();
	assert.equal((await ask(kit, "POST", "/guarded", {})).status, 200);
	const later = new Person(app, "kit@example.org");
	const half = await later.auth("sign-in", { email: later.email, password: "nine lives and a harbour" });
	assert.equal(half.body.next, "second-factor");
	assert.equal(later.cookie, undefined, "there is no session before the second step");
	assertProblem(await app.call("GET", "/who", undefined, { cookie: `__Host-ward_session=${half.body.challenge}` }), 401);
	assert.equal((await later.auth("second-factor", { challenge: half.body.challenge, code: totp(secret) })).status, 401, "a code is good once");
	assert.equal((await later.auth("second-factor", { challenge: half.body.challenge, code: totp(secret, Math.floor(Date.now() / 30000) + 1) })).status, 200);
	assert.equal((await ask(later, "POST", "/guarded", {})).status, 200);
	const lost = new Person(app, "kit@example.org");
	const { challenge } = (await lost.auth("sign-in", { email: lost.email, password: "nine lives and a harbour" })).body;
	assert.equal((await lost.auth("second-factor", { challenge, code: recoveryCodes[0] })).status, 200);
	const twice = new Person(app, "kit@example.org");
	const next = (await twice.auth("sign-in", { email: twice.email, password: "nine lives and a harbour" })).body;
	assert.equal((await twice.auth("second-factor", { challenge: next.challenge, code: recoveryCodes[0] })).status, 401);
});

test("an operator's password is reset by a link that is good once and ends every session", async () => {
	const link = await user(app, "reset", "bob@example.org");
	const token = link.match(/#token=(\S+)/)[1];
	await until("the sessions to end", 3000, async () => (await ask(bob, "GET", "/who")).status === 401);
	const wanted = "a louder harbour by night";
	assert.equal((await bob.auth("password/reset", { token, password: "short" })).status, 400);
	assert.equal((await bob.auth("password/reset", { token, password: wanted })).status, 204);
	assert.equal((await bob.auth("password/reset", { token, password: "a third harbour by night" })).status, 401);
	assert.equal((await bob.auth("sign-in", { email: "bob@example.org", password: "nine lives and a harbour" })).status, 401);
	bob = await Person.signIn(app, "bob@example.org", wanted);
});

test("ward explain says what each function asks of its caller", async () => {
	const asked = { purge: "role:admin", writeOrder: "scope:orders.write", recent: "user, signed in within 5min", guarded: "user, second factor",
		closeTenant: "role:owner, tenant" };
	for (const [name, words] of Object.entries(asked)) {
		const { stdout, code } = await run(["explain", app.dir, name]);
		assert.equal(code, 0);
		assert.ok(stdout.includes(`\n  for           ${words}\n`), stdout);
	}
});
