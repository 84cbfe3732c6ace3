// What comes in over HTTP: malformed, oversize, smuggled. Every refusal is a 4xx that says what and why, and no worker hears
// of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp } from "./lib.mjs";

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"), { args: ["--warm", "0"] });
});
after(async () => {
	await app.stop();
});

const refused = async (body, field, why) => {
	const answer = await app.call("POST", "/calm", body);
	assertProblem(answer, 400);
	const line = answer.body.errors.find((e) => e.path === field);
	assert.ok(line, `${JSON.stringify(body)}: no word on ${field} in ${answer.text}`);
	assert.match(line.message, why);
};

test("a wrong value is refused by field and reason", async () => {
	await refused({ n: "1" }, "/n", /number/);
	await refused({}, "/n", /missing|required/);
	await refused({ n: 1, m: 2 }, "/m", /unknown|not/);
	await refused({ n: null }, "/n", /number/);
	await refused([], "", /object/);
	await refused('{"n":1,"n":2}', "/n", /once/);
	await refused('{"n":1e999}', "/n", /double/);
	await refused('{"n":9007199254740993}', "/n", /double/);
	await refused('{"n":0.10000000000000000001}', "/n", /double/);
});

test("text that is no JSON is refused", async () => {
	for (const text of ["", "{", "{\"n\":1}x", "{n:1}", "{\"n\":NaN}", "{\"n\":01}", "\u00ef\u00bb\u00bf{\"n\":1}", "[".repeat(200)])
		assertProblem(await app.call("POST", "/calm", text), 400);
	assertProblem(await app.call("POST", "/calm", Uint8Array.from([0x7b, 0x22, 0x6e, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400);
});

test("no refused input reached a worker", async () => {
	const names = (await app.processes()).map((p) => p.function).filter(Boolean);
	assert.deepEqual(names, []);
});

test("a body above what the contract allows is refused before it is read", async () => {
	const big = await app.call("POST", "/calm", JSON.stringify({ n: 1, pad: "x".repeat(3 << 20) }));
	assertProblem(big, 413);
	const announced = await app.raw("POST /calm HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n");
	assert.match(announced, /^HTTP\/1\.1 413 /);
});

test("method, path and content type", async () => {
	const wrong = await app.call("GET", "/calm");
	assertProblem(wrong, 405);
	assert.equal(wrong.headers.get("allow"), "POST");
	assertProblem(await app.call("GET", "/nothing"), 404);
	assertProblem(await app.call("POST", "/calm", '{"n":1}', { "content-type": "text/plain" }), 415);
	assertProblem(await app.call("POST", "/calm", '{"n":1}', { "content-encoding": "gzip" }), 415);
});

const smuggled = {
	"length and chunked": "POST /calm HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"two lengths": "POST /calm HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
	"a sign in the length": "POST /calm HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n12345",
	"space before the colon": "POST /calm HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n12345",
	"a folded line": "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
	"a bare line feed": "GET / HTTP/1.1\nHost: a\n\n",
	"a bare carriage return": "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
	"no host": "GET / HTTP/1.1\r\n\r\n",
	"two hosts": "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
	"an unknown coding": "POST /calm HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
	"a NUL in a header": "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
	"an absolute target": "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
	"a chunk size with a sign": "POST /calm HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
};
for (const [name, bytes] of Object.entries(smuggled))
	test(`refused: ${name}`, async () => {
		const got = await app.raw(bytes);
		assert.match(got, /^HTTP\/1\.1 (400|501|505) /, got);
		assert.equal(got.match(/HTTP\/1\.1 /g).length, 1, "one answer, then the connection is closed");
	});

test("chunked bodies and pipelined requests are answered in order", async () => {
	const got = await app.raw(
		"POST /calm HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"n\r\n4\r\n\":1}\r\n0\r\n\r\n" +
		"POST /calm HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"n\":2}", { quietMs: 1500 });
	assert.deepEqual([...got.matchAll(/\{"n":(\d)\}/g)].map((m) => m[1]), ["2", "3"], got);
});

test("headers that every answer carries", async () => {
	const answer = await app.call("POST", "/calm", { n: 1 });
	assert.equal(answer.headers.get("content-type"), "application/json");
	assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
	assert.equal(answer.headers.get("cache-control"), "no-store");
});

test("random bytes never bring the gateway down", async () => {
	const before = (await app.processes()).filter((p) => p.name === "gateway").map((p) => p.pid);
	let seed = 12345;
	const next = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff);
	for (let i = 0; i < 60; i++) {
		const bytes = Uint8Array.from({ length: next() % 400 }, () => next() & 0xff);
		await app.raw(Buffer.concat([i % 2 ? Buffer.from("POST /calm HTTP/1.1\r\nHost: a\r\n") : Buffer.alloc(0), bytes]), { quietMs: 30, end: true });
	}
	const later = (await app.processes()).filter((p) => p.name === "gateway").map((p) => p.pid);
	assert.deepEqual(later, before);
});
