// A challenge in force at the real gateways: the generated client meets it by itself, and proofs that are none, or somebody else's, or used up, open nothing.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Served, assertProblem, copyApp, run, until } from "./lib.mjs";

let app, client;
before(async () => {
	const dir = copyApp("tests/scenario/apps/limits");
	app = await Served.start(dir);
	const file = path.join(dir, "client.mjs");
	copyFileSync(path.join(dir, ".ward/public/_ward/client.js"), file);
	client = await import(pathToFileURL(file).href);
	client.configure({ baseUrl: app.base });
	for (const name of ["free", "ward:sign-in"]) {
		const { code, stderr } = await run(["act", "challenge", "--function", name, "--minutes", "10", "--state", app.state]);
		assert.equal(code, 0, stderr);
	}
	await until("the challenge", 5000, async () => (await app.call("POST", "/free", { n: 1 })).status === 429);
});
after(async () => {
	await app.stop();
});

const BITS = 18;
const zeroBits = (text) => createHash("sha256").update(text).digest().readUInt32BE(0) >>> (32 - BITS) === 0;
const solve = (nonce, from = 0) => {
	for (let n = from; ; n++) if (zeroBits(`${nonce}:${n}`)) return `${nonce}:${n}`;
};
const challenged = async () => {
	const answer = await app.call("POST", "/free", { n: 1 });
	assertProblem(answer, 429);
	assert.equal(answer.body.type, "urn:ward:problem:challenge");
	const [, bits, nonce] = /^sha256 (\d+) ([0-9a-f]{16})$/.exec(answer.headers.get("ward-challenge"));
	assert.equal(Number(bits), BITS);
	return nonce;
};
const withProof = async (proof) => (await app.call("POST", "/free", { n: 1 }, { "ward-proof": proof })).status;
// From another address of the loopback network.
const from = (address, proof) =>
	new Promise((resolve, reject) => {
		const socket = net.connect({ port: app.port, host: "127.0.0.1", localAddress: address });
		let got = "";
		socket.write(`POST /free HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nWard-Proof: ${proof}\r\nContent-Length: 7\r\n\r\n{"n":1}`);
		socket.on("data", (d) => (got += d));
		socket.on("error", reject);
		socket.on("close", () => resolve(Number(got.split(" ")[1])));
	});

test("the generated client meets it, also when a proof is used up, and nobody has to write a line for it", async () => {
	for (let n = 0; n < 45; n++) assert.deepEqual(await client.api.free({ n }), { n });
	assert.deepEqual((await Promise.all([1, 2, 3, 4, 5, 6].map((n) => client.api.free({ n })))).length, 6);
});

test("its accounts do too", async () => {
	const account = await client.auth.signUp({ email: "ada@example.org", password: "nine lives and a harbour" });
	assert.equal(account.email, "ada@example.org");
	assert.equal((await client.auth.signIn({ email: "ada@example.org", password: "nine lives and a harbour" })).id, account.id);
});

test("a proof is good for twenty requests at all gateways together", async () => {
	const proof = solve(await challenged());
	const statuses = await Promise.all(Array.from({ length: 60 }, () => withProof(proof)));
	assert.equal(statuses.filter((s) => s === 200).length, 20);
	assert.equal(statuses.filter((s) => s === 429).length, 40);
});

test("a proof of another address, and what is no proof, open nothing", async () => {
	const nonce = await challenged();
	const proof = solve(nonce, 1e9);
	const [, counter] = proof.split(":");
	assert.equal(await from("127.0.0.9", proof), 429, "somebody else's");
	const other = nonce.startsWith("0") ? `1${nonce.slice(1)}` : `0${nonce.slice(1)}`;
	const hostile = [
		solve(other), // worked at, but no nonce of ours
		`${nonce}:${Number(counter) + 1}`, nonce, `${nonce}:`, `:${counter}`, ":", "", `${nonce}:-1`, `${nonce}:0x1`, `${nonce} :${counter}`,
		nonce.slice(0, 15) + `:${counter}`, `${nonce}${counter}`, `${nonce.toUpperCase()}:${counter}`, `${proof}:`, `${proof}:1`, `${proof} x`,
		`${nonce}:${counter.padStart(21, "0")}`, `${nonce}:99999999999999999999`, "0".repeat(16) + ":0", `${nonce}:${"9".repeat(4000)}`,
	];
	for (const text of hostile) {
		// Upper case, or a counter in another form, would have to begin with zero bits on its own.
		if (zeroBits(text)) continue;
		assert.equal(await withProof(text), 429, text.slice(0, 60));
	}
	const twice = await app.raw(`POST /free HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nWard-Proof: x\r\nWard-Proof: ${proof}\r\nContent-Length: 7\r\n\r\n{"n":1}`);
	assert.match(twice, /^HTTP\/1\.1 (400|429) /);
	assert.equal(await withProof(proof), 200, "the true one still does");
});
