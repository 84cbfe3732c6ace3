// Stolen passwords tried at many accounts from many addresses: seen and reported once, paid for by whoever sends them, and
// hardly felt by somebody who signs in from where they always do.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import net from "node:net";
import { after, before, test } from "node:test";
import { PASSWORD, Person } from "./people.mjs";
import { Served, copyApp, until } from "./lib.mjs";

let app, honest;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/roles"));
	honest = await Person.signUp(app, "ada@example.org");
});
after(async () => {
	await app?.stop();
});

// One try over a connection of its own, from an address of the loopback network: { status, body, head }.
const tryFrom = (address, fields) =>
	new Promise((resolve) => {
		const body = JSON.stringify(fields);
		const socket = net.connect({ port: app.port, host: "127.0.0.1", localAddress: address });
		let got = "";
		socket.write(`POST /_ward/auth/sign-in HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
		socket.on("data", (d) => (got += d));
		socket.on("error", () => resolve({ status: 0 }));
		socket.on("close", () => {
			const [head, text] = got.split("\r\n\r\n");
			resolve({ status: Number(head.split(" ")[1]), head, body: text ? JSON.parse(text) : null });
		});
	});
const addressOf = (i) => `127.${1 + (i >> 7)}.${i & 127}.9`; // each in a block of its own
const stuff = (i, more = {}) => tryFrom(addressOf(i), { email: `user${i}@example.org`, password: "leaked elsewhere", ...more });

const zeroBits = (hash) => Math.clz32(hash.readUInt32BE(0));
const prove = ({ challenge, bits }) => {
	for (let n = 0; ; n++) if (zeroBits(createHash("sha256").update(`${challenge}:${n}`).digest()) >= bits) return `${challenge}:${n}`;
};

test("who signs in from where they always do passes the whole queue; what needs no password thread is not busy at all", async () => {
	let answered = 0;
	const all = Array.from({ length: 200 }, (_, i) => stuff(i).then((a) => (answered++, a)));
	// The broker is full as soon as the first are turned away.
	await until("a full queue", 20000, () => answered >= 100);
	const before = answered;
	const again = await Person.signIn(app, "ada@example.org");
	const overtaken = 200 - answered;
	assert.ok(overtaken >= 30, `${overtaken} tries that came before were still waiting (${before} had been answered)`);
	assert.equal((await again.auth("me")).status, 200);
	assert.equal((await again.call("GET", "/who")).status, 200);
	assert.equal((await again.auth("passkey/sign-in/begin", {})).status, 200);
	assert.equal((await again.auth("sign-out", {})).status, 204);
	const answers = await Promise.all(all);
	const count = (status) => answers.filter((a) => a.status === status).length;
	// 504 where the machine is so slow that the last of the queue are not hashed within fifteen seconds.
	assert.equal(count(401) + count(503) + count(504), 200, JSON.stringify(answers.map((a) => a.status)));
	assert.ok(count(503) >= 100);
	for (const a of answers.filter((a) => a.status === 503)) assert.match(a.head, /\r\nRetry-After: \d/i);
});

test("the attack is reported once, and from then on a try costs work before it costs a hash", async () => {
	let i = 200;
	await until("the report", 40000, async () => {
		await Promise.all(Array.from({ length: 40 }, () => stuff(i++)));
		return app.entries("identity").some((e) => e.what === "credential_stuffing");
	});
	const began = performance.now();
	const answers = await Promise.all(Array.from({ length: 300 }, () => stuff(i++)));
	const took = performance.now() - began;
	assert.ok(answers.every((a) => a.status === 401 && a.body.type === "proof-needed"), JSON.stringify(answers.find((a) => a.body?.type !== "proof-needed")));
	assert.ok(took < 300 * 100, `300 tries without work took ${took.toFixed(0)} ms: no password was hashed for them`);
	// A proof is for one address, once.
	const proof = prove(answers[0].body);
	assert.equal((await stuff(i - 1, { proof })).body.type, "proof-needed");
	const paid = await stuff(i - 300, { proof });
	assert.equal(paid.status, 401);
	assert.notEqual(paid.body.type, "proof-needed");
	assert.equal((await stuff(i - 300, { proof })).body.type, "proof-needed");
	assert.equal(app.entries("identity").filter((e) => e.what === "credential_stuffing").length, 1);
	// One line for the attack, none for a try.
	assert.ok(!app.log.includes("user250@example.org"));
});

test("the honest user works a moment for it, and signs in", async () => {
	const body = { email: "ada@example.org", password: PASSWORD };
	const asked = await honest.auth("sign-in", body);
	assert.equal(asked.body.type, "proof-needed");
	assert.ok(asked.body.bits <= 20);
	const answer = await honest.auth("sign-in", { ...body, proof: prove(asked.body) });
	assert.equal(answer.status, 200, answer.text);
	assert.equal((await honest.call("GET", "/who")).status, 200);
});
