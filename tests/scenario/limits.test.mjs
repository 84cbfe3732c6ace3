// How often and how much at once: limits.rate by user, address and app, whatever core a connection lands on; connections
// that only trickle, and too many of them from one address.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, run, sleep, until } from "./lib.mjs";

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

// A connection that never finishes its head: what was said to it and when it was closed.
const trickler = (began, bytes, everyMs) => {
	const c = { got: "", closedAfter: null };
	const socket = net.connect(app.port, "127.0.0.1", () => socket.write(bytes));
	const timer = setInterval(() => socket.writable && socket.write("a"), everyMs);
	socket.on("data", (d) => (c.got += d));
	socket.on("error", () => {});
	c.closed = new Promise((resolve) => socket.on("close", () => {
		clearInterval(timer);
		c.closedAfter = Date.now() - began;
		resolve();
	}));
	c.write = (text) => socket.write(text);
	c.end = () => socket.destroy();
	return c;
};

test("slow connections hold nobody up and are closed in time, however they trickle", { timeout: 25000 }, async () => {
	const began = Date.now();
	const slow = [
		...Array.from({ length: 200 }, () => trickler(began, "GET /free HTTP/1.1\r\nHost: a\r\nX: ", 500)),
		...Array.from({ length: 20 }, () => trickler(began, "", 1 << 20)),
	];
	// One whose next request begins after a pause longer than a head may take, in two pieces: an honest client.
	const paused = trickler(began, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 1 << 20);
	const honest = [];
	while (slow.some((c) => c.closedAfter === null) && Date.now() - began < 18000) {
		const at = Date.now();
		const answer = await from("127.0.0.1", "/free");
		assert.equal(answer.status, 200);
		honest.push(Date.now() - at);
		await sleep(50);
	}
	const times = slow.map((c) => c.closedAfter ?? Infinity).sort((a, b) => a - b);
	slow.forEach((c) => c.end());
	assert.ok(times[0] > 10000, `the first was closed after ${times[0]} ms`);
	assert.ok(times.at(-1) < 17000, `the last was closed after ${times.at(-1)} ms`);
	for (const c of slow.slice(0, 200)) assert.match(c.got, /^HTTP\/1\.1 408 /);
	honest.sort((a, b) => a - b);
	assert.ok(honest.length > 100 && honest.at(-1) < 1000, `${honest.length} honest requests, the slowest took ${honest.at(-1)} ms`);
	assert.match(paused.got, /^HTTP\/1\.1 404 /);
	assert.equal(paused.closedAfter, null);
	paused.got = "";
	paused.write("GET /nothing HTTP/1.1\r\nHo");
	await sleep(800);
	paused.write("st: a\r\n\r\n");
	await sleep(200);
	paused.end();
	assert.match(paused.got, /^HTTP\/1\.1 404 /, "its time ran from the first byte of the request");
});

test("one address has so many connections and no more; others still come in, and what it closes is free again", async () => {
	const gateways = (await app.processes()).filter((p) => p.name === "gateway").length;
	const most = 512 * gateways;
	const crowd = (count) => Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
		const socket = net.connect({ port: app.port, host: "127.0.0.1", localAddress: "127.0.4.1" });
		socket.open = true;
		socket.on("connect", () => setTimeout(() => resolve(socket), 500));
		socket.on("error", () => {});
		socket.on("close", () => resolve(Object.assign(socket, { open: false })));
	})));
	const first = await crowd(most + 600);
	const open = first.filter((s) => s.open).length;
	assert.ok(open <= most, `${open} connections from one address`);
	assert.ok(open > most / 2, `${open} connections from one address`);
	for (let i = 0; i < 20; i++) assert.equal((await from("127.0.4.2", "/free")).status, 200);
	first.forEach((s) => s.destroy());
	await sleep(300);
	const again = await crowd(200);
	assert.equal(again.filter((s) => s.open).length, 200);
	again.forEach((s) => s.destroy());
});

test("a gateway that restarts forgets nothing", async () => {
	for (const { pid } of (await app.processes()).filter((p) => p.name === "gateway")) process.kill(pid, "SIGKILL");
	await sleep(600);
	assert.equal(await passed(10, () => from("127.0.0.1", "/by-address")), 0);
});

// Requests through a proxy on this machine: its address, and what it says in its header.
const proxied = (served, address, pathname, header, value, body = '{"n":1}') =>
	new Promise((resolve, reject) => {
		const socket = net.connect({ port: served.port, host: "127.0.0.1", localAddress: address });
		let got = "";
		const lines = [].concat(value ?? []).map((v) => `${header}: ${v}\r\n`).join("");
		socket.write(`POST ${pathname} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`);
		socket.on("data", (d) => (got += d));
		socket.on("error", reject);
		socket.on("close", () => resolve(Number(got.split(" ")[1])));
	});
const counted = async (n, call) => (await Promise.all(Array.from({ length: n }, (_, i) => call(i)))).filter((s) => s === 200).length;

test("calls at the same time are counted on the whole machine: five, whatever core their connections land on", async () => {
	const gateways = (await app.processes()).filter((p) => p.name === "gateway").length;
	for (let round = 0; round < 3; round++) {
		const answers = await Promise.all(Array.from({ length: 48 }, () => from("127.0.0.1", "/few")));
		const done = answers.filter((a) => a.status === 200).length;
		assert.ok(done >= 4 && done <= 5, `${done} of 48 at once over ${gateways} gateways`);
		for (const answer of answers.filter((a) => a.status !== 200)) {
			assertProblem(answer, 503);
			assert.equal(answer.body.type, "urn:ward:problem:overloaded");
		}
	}
});

test("a gateway that ends takes its count with it", async () => {
	const waiting = Array.from({ length: 5 }, () => from("127.0.0.1", "/few").catch(() => null));
	await sleep(150);
	for (const { name, pid } of await app.processes()) if (name === "gateway") process.kill(pid, "SIGKILL");
	await Promise.all(waiting);
	await until("gateways", 10000, async () => (await app.processes()).filter((p) => p.name === "gateway").every((p) => p.state === "ready"));
	await until("five calls again", 10000, async () => {
		const done = await counted(5, async () => (await from("127.0.0.1", "/few").catch(() => ({}))).status);
		return done === 5;
	});
});

test("without trusted proxies nobody's header says who calls", async () => {
	const other = await Served.start(copyApp("tests/scenario/apps/limits"));
	try {
		assert.equal(await counted(30, (i) => proxied(other, "127.0.0.1", "/by-address", "X-Forwarded-For", `203.0.113.${i}`)), 5);
		assert.equal(await counted(30, (i) => proxied(other, "127.0.0.2", "/by-address", "Forwarded", `for=203.0.113.${i}`)), 5);
	} finally {
		await other.stop();
	}
});

test("a trusted proxy says whose request it is, and a client cannot say that it is somebody else", async () => {
	const other = await Served.start(copyApp("tests/scenario/apps/limits"), { args: ["--trust-proxy", "127.0.0.1,127.0.9.0/24"] });
	try {
		const via = (address, value) => proxied(other, address, "/by-address", "X-Forwarded-For", value);
		/* Each caller has its own five, whichever proxy it comes through. */
		assert.equal(await counted(20, () => via("127.0.0.1", "198.51.100.1")), 5);
		assert.equal(await counted(20, () => via("127.0.0.1", "198.51.100.2")), 5);
		assert.equal(await counted(3, () => via("127.0.9.7", "198.51.100.1")), 0);
		assert.equal(await counted(3, () => via("127.0.0.1", ["198.51.100.1, 127.0.9.4", "127.0.9.7"])), 0);
		/* What a client puts in front is not looked at. */
		assert.equal(await counted(20, (i) => via("127.0.0.1", `203.0.113.${i}, 198.51.100.3`)), 5);
		assert.equal(await counted(20, (i) => via("127.0.0.1", [`203.0.113.${i}`, "127.0.0.1, 198.51.100.4"])), 5);
		assert.equal(await counted(20, (i) => proxied(other, "127.0.0.1", "/by-address", `Forwarded: for=203.0.113.${i}\r\nX-Forwarded-For`, "198.51.100.5")), 5);
		/* Nor what comes past the proxies. */
		assert.equal(await counted(20, (i) => via("127.0.0.5", `203.0.113.${i}`)), 5);
		/* What no proxy would write counts as the proxy's own. */
		assert.equal(await counted(20, (i) => via("127.0.9.9", `unknown, x${i}`)), 5);
		/* Of IPv6 the /64. */
		assert.equal(await counted(20, (i) => via("127.0.0.1", `2001:db8:0:1::${i + 1}`)), 5);
	} finally {
		await other.stop();
	}
});

test("ward.yaml names proxies and their header too; connections of proxies are not bounded like a stranger's", async () => {
	const dir = copyApp("tests/scenario/apps/limits");
	const yaml = path.join(dir, "ward.yaml");
	writeFileSync(yaml, readFileSync(yaml, "utf8").replace("app: limits", "app: limits\ntrusted_proxies: [127.0.0.0/30]\nproxy_header: Forwarded"));
	const other = await Served.start(dir);
	const idle = [];
	try {
		const via = (value) => proxied(other, "127.0.0.1", "/by-address", "Forwarded", value);
		assert.equal(await counted(20, () => via("for=198.51.100.1;proto=https")), 5);
		assert.equal(await counted(20, () => via('for="[2001:db8::1]:4711"')), 5);
		assert.equal(await counted(20, (i) => via(`for=203.0.113.${i};x=", for=198.51.100.7`)), 5);
		assert.equal(await counted(20, (i) => proxied(other, "127.0.0.1", "/by-address", `X-Forwarded-For: 203.0.113.${i}\r\nForwarded`, "for=198.51.100.8")), 5);
		const gateways = (await other.processes()).filter((p) => p.name === "gateway").length;
		for (let i = 0; i < 512 * gateways + 300; i++) idle.push(net.connect({ port: other.port, host: "127.0.0.1" }).on("error", () => {}));
		await sleep(500);
		assert.equal(await proxied(other, "127.0.0.1", "/free", "Forwarded", "for=198.51.100.9"), 200);
	} finally {
		for (const socket of idle) socket.destroy();
		await other.stop();
	}
	for (const [text, code] of [["trusted_proxies: [10.0.0.1/8]", "wrong-range"], ["trusted_proxies: [proxy.internal]", "wrong-range"], ["proxy_header: X-Real-IP", "wrong-header"]]) {
		writeFileSync(yaml, readFileSync(yaml, "utf8").replace(/app: limits\n(trusted.*\n)?(proxy_header.*\n)?/, `app: limits\n${text}\n`));
		assert.match((await run(["build", dir])).stderr, new RegExp(code), text);
	}
	assert.equal((await run(["serve", dir, "--trust-proxy", "10.0.0.1/8"])).code, 2);
});
