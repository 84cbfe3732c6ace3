// How often and how much at once: limits.rate by user, address and app, whatever core a connection lands on; connections
// that only trickle, and too many of them from one address.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, sleep } from "./lib.mjs";

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/limits"));
});
after(async () => {
	await app.stop();
});

// A call over a connection of its own, from an address of the loopback network: { status, headers, text }.
const from = (address, pathname, headers = {}, body = '{"n":1}') =>
	new Promise((resolve, reject) => {
		const socket = net.connect({ port: app.port, host: "127.0.0.1", localAddress: address });
		let got = "";
		const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
		socket.write(`POST ${pathname} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`);
		socket.on("data", (d) => (got += d));
		socket.on("error", reject);
		socket.on("close", () => {
			const [head, text] = got.split("\r\n\r\n");
			resolve({
				status: Number(head.split(" ")[1]), text, body: text && JSON.parse(text),
				headers: new Headers(head.split("\r\n").slice(1).map((l) => [l.slice(0, l.indexOf(":")), l.slice(l.indexOf(":") + 1).trim()])),
			});
		});
	});

const signUp = async (email) => {
	const answer = await app.call("POST", "/_ward/auth/sign-up", { email, password: "nine lives and a harbour" });
	assert.equal(answer.status, 200, answer.text);
	return answer.headers.get("set-cookie").split(";")[0];
};

const passed = async (count, call) => {
	const answers = await Promise.all(Array.from({ length: count }, call));
	for (const answer of answers.filter((a) => a.status !== 200)) {
		assertProblem(answer, 429);
		assert.equal(answer.body.type, "urn:ward:problem:rate-limit");
		const seconds = Number(answer.headers.get("retry-after"));
		assert.ok(Number.isInteger(seconds) && seconds > 0 && seconds <= 720, `Retry-After: ${seconds}`);
	}
	return answers.filter((a) => a.status === 200).length;
};

test("per address: five calls pass over any number of connections to any core; another address is not affected", async () => {
	assert.equal(await passed(40, () => from("127.0.0.1", "/by-address")), 5);
	assert.equal(await passed(40, () => from("127.0.0.2", "/by-address")), 5);
	assert.equal(await passed(3, () => from("127.0.0.1", "/free")), 3);
});

test("per app: five calls pass, whoever makes them", async () => {
	let i = 0;
	assert.equal(await passed(40, () => from(`127.0.1.${++i}`, "/by-app")), 5);
});

test("per user: five calls pass from wherever they come; another user at the same address is not affected", async () => {
	const ada = await signUp("ada@example.org");
	const ben = await signUp("ben@example.org");
	let i = 0;
	assert.equal(await passed(40, () => from(`127.0.2.${++i}`, "/by-user", { cookie: ada })), 5);
	assert.equal(await passed(12, () => from("127.0.2.1", "/by-user", { cookie: ben })), 5);
	assert.equal(await passed(12, () => from("127.0.3.1", "/by-user")), 5, "strangers count by address");
	assert.equal(await passed(12, () => from("127.0.3.2", "/by-user", { cookie: "__Host-ward_session=forged" })), 5, "a forged token is no new caller");
	assert.equal(await passed(12, () => from("127.0.3.2", "/by-user", { cookie: "__Host-ward_session=another" })), 0);
});

test("a refused call is refused before its body has arrived", async () => {
	const got = await app.raw("POST /by-address HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n");
	assert.match(got, /^HTTP\/1\.1 429 /);
});

test("what Retry-After says holds", async () => {
	let refused;
	for (let i = 0; i < 10 && !refused; i++) {
		const answer = await app.call("POST", "/soon", { n: 1 });
		if (answer.status === 429) refused = answer;
	}
	assertProblem(refused, 429);
	await sleep(Number(refused.headers.get("retry-after")) * 1000);
	assert.equal((await app.call("POST", "/soon", { n: 1 })).status, 200);
});

test("a gateway that restarts forgets nothing", async () => {
	for (const { pid } of (await app.processes()).filter((p) => p.name === "gateway")) process.kill(pid, "SIGKILL");
	await sleep(600);
	assert.equal(await passed(10, () => from("127.0.0.1", "/by-address")), 0);
});
