// `ward user` beside the running program: what it changes holds at every gateway within a second or two, and hashes from another system come along.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, pbkdf2Sync, scryptSync } from "node:crypto";
import { appendFileSync, rmSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, cookieOf, enrol, wardUser } from "./accounts.mjs";
import { Served, assertProblem, copyApp, run, until } from "./lib.mjs";

let app;
before(async () => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"), { force: true });
	appendFileSync(path.join(dir, "ward.yaml"), "\nidentity: {sign_up: closed}\n");
	app = await Served.start(dir);
});
after(async () => {
	await app.stop();
});
const user = (args, input) => wardUser(app.state, args, input);
const fails = async (args, input) => {
	const done = await run(["user", ...args, "--state", app.state], { input });
	assert.notEqual(done.code, 0, done.stdout);
	return done.stderr;
};
const auth = (name, body, headers) => app.call("POST", `/_ward/auth/${name}`, body, headers);
const signIn = (email, password = PASSWORD) => auth("sign-in", { email, password });
const orders = (cookie) => app.call("GET", "/orders", undefined, { cookie });
const ends = (cookie) => until("the session to end", 5000, async () => (await orders(cookie)).status === 401);
const me = async (cookie) => (await app.call("GET", "/_ward/auth/me", undefined, { cookie })).body;
const inStore = (sql) => execFileSync("sqlite3", ["-readonly", path.join(app.state, "identity.db"), sql], { encoding: "utf8" }).trim();

test("where sign-up is closed, accounts are made here alone", async () => {
	assert.equal((await auth("sign-up", { email: "eve@example.org", password: PASSWORD })).status, 404);
	assert.equal((await app.call("GET", "/_ward/auth/methods")).body.signUp, false);
	await user(["add", "ada@example.org", "--password-stdin"], PASSWORD);
	const answer = await signIn("ADA@Example.org");
	assert.equal(answer.status, 200, answer.text);
	assert.equal((await orders(cookieOf(answer))).status, 200);
	assert.match(await fails(["add", "ada@example.org", "--password-stdin"], PASSWORD), /there is an account/);
	assert.match(await fails(["add", "not an address"]), /not an e-mail address/);
	assert.match(await fails(["add", "weak@example.org", "--password-stdin"], "password1"), /first that anyone would try/);
});

test("an account without a password is given one by a token that is good once", async () => {
	const said = await user(["add", "grace@example.org"]);
	const token = said.match(/\/_ward\/account\/reset#token=([\w-]{43})/)[1];
	assert.equal((await auth("password/reset", { token, password: PASSWORD })).status, 204);
	assert.equal((await auth("password/reset", { token, password: "yet another one" })).status, 401);
	assert.equal((await signIn("grace@example.org")).status, 200);
});

test("users are listed, with what they have and nothing secret", async () => {
	const rows = (await user(["list", "--json"])).trim().split("\n").map((line) => JSON.parse(line));
	assert.deepEqual(rows.map((r) => r.email), ["ada@example.org", "grace@example.org"]);
	assert.equal(rows[0].password, true);
	assert.equal(rows[0].status, "active");
	assert.doesNotMatch(JSON.stringify(rows), /argon2/);
	assert.match(await user(["list"]), /ada@example\.org/);
	assert.equal((await user(["list", "--operator"])).trim(), "", "operators are others");
});

test("roles: the sessions that said otherwise end, the next one says it", async () => {
	const cookie = cookieOf(await signIn("ada@example.org"));
	assert.deepEqual((await me(cookie)).user.roles, []);
	await user(["roles", "ada@example.org", "editor admin"]);
	await ends(cookie);
	const next = await me(cookieOf(await signIn("ada@example.org")));
	assert.deepEqual(next.user.roles, ["editor", "admin"]);
	assert.equal(next.user.role, "editor");
	assert.match(await fails(["roles", "ada@example.org", "Admin"]), /not a role/);
	assert.match(await fails(["roles", "nobody@example.org", "admin"]), /no user/);
});

test("disabled: outside at once, refused in the same words as anyone, and back", async () => {
	const cookies = [cookieOf(await signIn("ada@example.org")), cookieOf(await signIn("ada@example.org"))];
	for (const cookie of cookies) assert.equal((await orders(cookie)).status, 200);
	await user(["disable", "ada@example.org"]);
	for (const cookie of cookies) await ends(cookie);
	const [known, unknown] = [await signIn("ada@example.org"), await signIn("nobody@example.org")];
	assert.deepEqual([known.status, known.body], [unknown.status, unknown.body]);
	await user(["enable", "ada@example.org"]);
	assert.equal((await signIn("ada@example.org")).status, 200);
	assertProblem(await orders(cookies[0]), 401);
});

test("sessions are listed without their tokens, and ended", async () => {
	const cookie = cookieOf(await signIn("ada@example.org"));
	const listed = await user(["sessions", "ada@example.org"]);
	assert.match(listed, /127\.0\.0\.1/);
	assert.ok(!listed.includes(cookie.split("=")[1]));
	assert.match(await user(["sessions", "ada@example.org", "--end"]), /[1-9]\d* sessions ended/);
	await ends(cookie);
	assert.equal((await user(["sessions", "ada@example.org"])).trim(), "");
});

test("reset: the old password and every session are worth nothing, a second factor that was lost too", async () => {
	const first = cookieOf(await signIn("grace@example.org"));
	const { cookie } = await enrol(app, "/_ward/auth/", first);
	assert.equal((await signIn("grace@example.org")).body.next, "second-factor");
	const said = await user(["reset", "grace@example.org", "--factors"]);
	await ends(cookie);
	assert.equal((await signIn("grace@example.org")).status, 401);
	const token = said.match(/#token=([\w-]{43})/)[1];
	assert.equal((await auth("password/reset", { token, password: "a much better one" })).status, 204);
	const answer = await signIn("grace@example.org", "a much better one");
	assert.equal(answer.status, 200);
	assert.ok(answer.body.user, "no second factor is left");
});

test("hashes of other systems come along, and are Argon2id after the next sign-in", async () => {
	const b64 = (bytes) => bytes.toString("base64").replaceAll("=", "");
	const salt = Buffer.from("a salt of sixteen");
	const hashes = {
		bcrypt: [execFileSync("perl", ["-e", "print crypt($ARGV[0], $ARGV[1])", PASSWORD, "$2b$06$abcdefghijklmnopqrstuu"], { encoding: "utf8" }), PASSWORD],
		scrypt: [`$scrypt$ln=12,r=8,p=1$${b64(salt)}$${b64(scryptSync(PASSWORD, salt, 32, { N: 4096, r: 8, p: 1 }))}`, PASSWORD],
		passlib: [`$pbkdf2-sha256$29000$${b64(salt).replaceAll("+", ".")}$${b64(pbkdf2Sync(PASSWORD, salt, 29000, 32, "sha256")).replaceAll("+", ".")}`, PASSWORD],
		django: [`pbkdf2_sha256$30000$seasalt$${pbkdf2Sync(PASSWORD, "seasalt", 30000, 32, "sha256").toString("base64")}`, PASSWORD],
	};
	const lines = Object.entries(hashes).map(([name, [hash]]) => JSON.stringify({ email: `${name}@old.example`, hash, roles: "customer", verified: true }));
	assert.match(await fails(["import", "-"], `${lines.join("\n")}\n{"email":"bad@old.example","hash":"$2b$31$abcdefghijklmnopqrstuuwIbyt2gf0rifRsaTFiUYxIYIrytOvI6"}\n`), /nothing was imported/);
	assert.doesNotMatch(await user(["list"]), /old\.example/, "all or nothing");
	assert.match(await user(["import", "-"], lines.join("\n")), /4 users imported/);
	for (const [name, [hash, password]] of Object.entries(hashes)) {
		const stored = () => inStore(`SELECT password_hash FROM users WHERE email = '${name}@old.example'`);
		assert.equal(stored(), hash);
		assert.equal((await signIn(`${name}@old.example`, "not this one")).status, 401);
		assert.equal(stored(), hash, "a wrong password upgrades nothing");
		const answer = await signIn(`${name}@old.example`, password);
		assert.equal(answer.status, 200, `${name}: ${answer.text}`);
		assert.equal(answer.body.user.role, "customer");
		assert.match(stored(), /^\$argon2id\$v=19\$/, name);
		assert.equal((await signIn(`${name}@old.example`, password)).status, 200, "and the upgraded one holds");
	}
});

test("deleted: nothing of the account is left, in the log of acts neither", async () => {
	const cookie = cookieOf(await signIn("ada@example.org"));
	const { user: { id } } = await me(cookie);
	await user(["delete", "ada@example.org"]);
	await ends(cookie);
	assert.equal(inStore(`SELECT count(*) FROM users WHERE public_id = '${id}'`), "0");
	assert.equal(inStore(`SELECT group_concat(detail) FROM audit WHERE user = '${id}'`), "deleted");
	assert.equal((await signIn("ada@example.org")).status, 401);
});

test("a proof of work is asked for always where ward.yaml says so", async () => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"), { force: true });
	appendFileSync(path.join(dir, "ward.yaml"), "\nidentity: {proof: always}\n");
	const other = await Served.start(dir);
	try {
		const answer = await other.call("POST", "/_ward/auth/sign-up", { email: "ada@example.org", password: PASSWORD });
		assert.equal(answer.status, 401);
		assert.equal(answer.body.type, "proof-needed");
		const solve = ({ challenge, bits }) => {
			for (let n = 0; ; n++) if (Math.clz32(createHash("sha256").update(`${challenge}:${n}`).digest().readUInt32BE(0)) >= bits) return `${challenge}:${n}`;
		};
		const proof = solve(answer.body);
		const paid = await other.call("POST", "/_ward/auth/sign-up", { email: "ada@example.org", password: PASSWORD, proof });
		assert.equal(paid.status, 200, paid.text);
		const again = await other.call("POST", "/_ward/auth/sign-in", { email: "ada@example.org", password: PASSWORD, proof });
		assert.equal(again.body.type, "proof-needed", "a proof is good once");
	} finally {
		await other.stop();
	}
});

test("passwords and tokens are in no log line", () => {
	assert.doesNotMatch(app.log, /nine lives|much better|token=/);
});
