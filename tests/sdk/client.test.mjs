// The generated client against a server made here: what goes over the wire and what comes back as which type.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";
import { copyApp } from "./compiler.mjs";

let app, server, client, seen, reply, answer;

before(async () => {
	app = copyApp("tests/sdk/apps/kinds", "kinds");
	assert.deepEqual(app.compile(), { status: 0, findings: [] });
	const file = path.join(app.dir, ".ward/public/_ward/client.mjs");
	fs.copyFileSync(path.join(app.dir, ".ward/public/_ward/client.js"), file);
	client = await import(pathToFileURL(file).href);
	server = http.createServer(async (request, response) => {
		let body = "";
		for await (const chunk of request) body += chunk;
		seen = { method: request.method, url: request.url, headers: request.headers, body };
		if (answer) reply = answer(seen);
		response.writeHead(reply.status, { "content-type": reply.type ?? "application/json", ...reply.headers });
		response.end(reply.body);
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	client.configure({ baseUrl: `http://127.0.0.1:${server.address().port}` });
});
after(() => {
	server.close();
	app.done();
});
beforeEach(() => {
	reply = { status: 200, body: "{}" };
	answer = undefined;
});

const problem = (status, members, headers) => ({ status, type: "application/problem+json", body: JSON.stringify({ type: "urn:x", status, title: "No", id: "abc", ...members }), headers });

test("path and query are filled in, encoded, lists repeated, what is left out left out", async () => {
	reply.body = '{"url":"x"}';
	assert.deepEqual(await client.api.search({ colour: "red/green", page: 2, tags: ["a b", "c&d"], since: new Date(0), exact: undefined }), { url: "x" });
	assert.equal(seen.method, "GET");
	assert.equal(seen.url, "/search/red%2Fgreen/2?tags=a+b&tags=c%26d&since=1970-01-01T00%3A00%3A00.000Z");
	assert.equal(seen.body, "");
});

test("dates, bigints and bytes go and come, also in lists, records, unions and trees", async () => {
	const at = new Date(1e12);
	const all = {
		id: 12345678901234567890n, at, file: new Uint8Array([0, 255, 7]), tags: [at], byName: { a: 5n }, shape: { kind: "dot", when: at }, maybe: null,
		tree: { grown: at, branches: [{ grown: at, branches: [] }] }, pair: [at, "x"], loose: "never",
	};
	const pending = client.api.echoAll({ all });
	await pending.catch(() => undefined);
	const sent = JSON.parse(seen.body).all;
	assert.equal(sent.id, "12345678901234567890");
	assert.equal(sent.file, "AP8H");
	assert.equal(sent.byName.a, "5");
	reply.body = JSON.stringify(sent);
	assert.deepEqual(await client.api.echoAll({ all }), all);
});

test("declared errors are classes with typed data", async () => {
	reply = problem(410, { error: "TooLate", data: { since: "2026-01-02T03:04:05Z" }, title: "That was before" });
	const error = await client.api.echoAll({ all: {} }).catch((e) => e);
	assert.ok(error instanceof client.TooLate && error instanceof client.ApiError && error instanceof Error);
	assert.equal(error.name, "TooLate");
	assert.equal(error.data.since.getTime(), Date.UTC(2026, 0, 2, 3, 4, 5));
	assert.equal(error.id, "abc");
	const result = await client.api.echoAll.result({ all: {} });
	assert.ok(!result.ok && result.error instanceof client.TooLate);
	reply = problem(404, { error: "Unreachable" });
	assert.ok((await client.api.echoAll.result({ all: {} })).error instanceof client.UnreachableDeclared);
	assert.ok(!((await client.api.search.result({ colour: "red", page: 1 })).error instanceof client.UnreachableDeclared), "another function does not declare it");
});

test("the platform's refusals have classes of their own", async () => {
	const cases = [[400, client.InvalidInput], [401, client.SignInNeeded], [403, client.NotAllowed], [429, client.TryLater], [503, client.TryLater], [500, client.ApiError], [404, client.ApiError]];
	for (const [status, kind] of cases) {
		reply = problem(status, { errors: [{ path: "/page", message: "must be at least 1" }] }, { "retry-after": "7" });
		const { ok, error } = await client.api.search.result({ colour: "red", page: 0 });
		assert.ok(!ok && error.constructor === kind, `${status} gives ${error.name}`);
		assert.deepEqual(error.problems, [{ path: "/page", message: "must be at least 1" }]);
		if (kind === client.TryLater) assert.equal(error.retryAfterSeconds, 7);
	}
	reply = { status: 502, type: "text/html", body: "<h1>proxy</h1>" };
	assert.equal((await client.api.whoAmI.result()).error.status, 502);
});

test("nothing comes back from what returns nothing; no answer is an Unreachable", async () => {
	reply = { status: 204 };
	assert.equal(await client.api.forget({ id: 3 }), undefined);
	assert.equal(`${seen.method} ${seen.url}`, "DELETE /orders/3");
	const { error } = await client.api.forget.result({ id: 3 }, { signal: AbortSignal.abort() });
	assert.ok(error instanceof client.Unreachable && error.cause);
});

const workedAt = (text, bits) => createHash("sha256").update(text).digest().readUInt32BE(0) >>> (32 - bits) === 0;

test("a challenge is met once for all calls that wait, its proof sent along until it is used up, and then another found", async () => {
	const uses = new Map();
	let asked = 0;
	answer = ({ headers }) => {
		const proof = headers["ward-proof"] ?? "";
		const used = uses.get(proof) ?? 0;
		uses.set(proof, used + 1);
		if (/^00ff00ff00ff00ff:[0-9]{1,20}$/.test(proof) && workedAt(proof, 12) && used < 6) return { status: 204 };
		asked++;
		return problem(429, { type: "urn:ward:problem:challenge" }, { "ward-challenge": "sha256 12 00ff00ff00ff00ff", "retry-after": "1" });
	};
	await Promise.all([1, 2, 3, 4].map((id) => client.api.forget({ id })));
	assert.ok(asked <= 4);
	assert.equal(uses.size, 2, "no proof, and one");
	for (let id = 0; id < 20; id++) await client.api.forget({ id });
	assert.ok(uses.size <= 6, `${uses.size} proofs for 24 calls`);
});

test("what cannot or need not be worked at stays a refusal: no challenge, one too hard, one that no proof satisfies", async () => {
	let calls = 0;
	for (const [asks, most] of [["sha256 31 00ff00ff00ff00ff", 1], ["md5 4 00ff00ff00ff00ff", 1], ["sha256 0 00ff", 1], ["sha256 4 <script>", 1], ["sha256 4 00ff00ff00ff00ff", 4]]) {
		calls = 0;
		answer = () => (calls++, problem(429, {}, { "ward-challenge": asks, "retry-after": "9" }));
		const { error } = await client.api.forget.result({ id: 1 });
		assert.ok(error instanceof client.TryLater && error.retryAfterSeconds === 9, asks);
		assert.equal(calls, most, asks);
	}
});

test("sign-in that asks for work gets it", async () => {
	answer = ({ body }) => {
		const { proof, email } = JSON.parse(body);
		return proof?.startsWith("c0ffee:") && workedAt(proof, 10) ? { status: 200, body: JSON.stringify({ user: { id: "1", email, role: null } }) }
			: problem(403, { type: "proof-needed", challenge: "c0ffee", bits: 10 });
	};
	assert.equal((await client.auth.signIn({ email: "a@b.c", password: "12345678" })).email, "a@b.c");
	answer = () => problem(403, { type: "proof-needed", challenge: "c0ffee", bits: 10 });
	await assert.rejects(client.auth.signIn({ email: "a@b.c", password: "12345678" }), client.ApiError);
});

test("accounts", async () => {
	reply.body = '{"user":{"id":"1","email":"a@b.c","role":null}}';
	assert.deepEqual(await client.auth.signUp({ email: "a@b.c", password: "12345678" }), { id: "1", email: "a@b.c", role: null });
	assert.equal(`${seen.method} ${seen.url} ${seen.body}`, 'POST /_ward/auth/sign-up {"email":"a@b.c","password":"12345678"}');
	assert.equal((await client.auth.me()).id, "1");
	assert.equal(`${seen.method} ${seen.url}`, "GET /_ward/auth/me");
	reply = problem(401, {});
	assert.equal(await client.auth.me(), null);
	reply = { status: 204 };
	assert.equal(await client.auth.signOut(), undefined);
	client.configure({ bearer: "t" });
	await client.auth.signOut();
	assert.equal(seen.headers.authorization, "Bearer t");
});
