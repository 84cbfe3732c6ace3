// Ten thousand connections that say nothing and two thousand that speak one byte at a time: nobody honest notices, and memory stays
// bounded. From many addresses of the loopback network, since one address may have 512 connections to a gateway.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import net from "node:net";
import { after, before, test } from "node:test";
import { Served, copyApp, sleep } from "./lib.mjs";

const IDLE = 10_000, SLOW = 2_000, PER_ADDRESS = 200;
const allowed = Number(execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }));
const enough = allowed >= IDLE + SLOW + 1000;

let app;
const open = [];
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"));
	for (let n = 0; n < 50; n++) await app.call("POST", "/calm", { n });
});
after(async () => {
	for (const s of open) s.destroy();
	await app.stop();
});

const connect = (n) =>
	new Promise((resolve) => {
		const at = Math.floor(n / PER_ADDRESS);
		const socket = net.connect({ port: app.port, host: "127.0.0.1", localAddress: `127.1.${1 + (at >> 6)}.${1 + (at & 63)}` });
		socket.on("error", () => resolve(null));
		socket.on("connect", () => {
			open.push(socket);
			resolve(socket);
		});
	});
const connectMany = async (from, count) => {
	const made = [];
	for (let n = 0; n < count; n += 500) made.push(...(await Promise.all(Array.from({ length: Math.min(500, count - n) }, (_, k) => connect(from + n + k)))));
	return made.filter((s) => s);
};
// One honest caller, a new connection each time now and then: how long each request took.
const honest = async (count) => {
	const times = [];
	for (let n = 0; n < count; n++) {
		const began = performance.now();
		const answer = await app.call("POST", "/calm", { n });
		assert.equal(answer.status, 200, answer.text);
		times.push(performance.now() - began);
	}
	return times.sort((a, b) => a - b);
};
const memory = async () =>
	(await app.processes()).filter((p) => p.name === "gateway").reduce((sum, p) => sum + p.memory_kib, 0);

test("10 000 idle and 2 000 slow connections cost no honest request", { skip: !enough && `only ${allowed} descriptors`, timeout: 120_000 }, async () => {
	const alone = await honest(200);
	const before = await memory();
	const slow = await connectMany(0, SLOW);
	const idle = await connectMany(SLOW, IDLE);
	assert.ok(slow.length === SLOW && idle.length === IDLE, `${slow.length} slow, ${idle.length} idle`);
	const head = "POST /calm HTTP/1.1\r\nHost: shop.example\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	let at = 0;
	const drip = setInterval(() => {
		for (const s of slow) if (!s.destroyed && s.writable) s.write(head[at % head.length]);
		at++;
	}, 1000);
	await sleep(1000);
	const times = await honest(200);
	const used = (await memory()) - before;
	const p95 = (sorted) => sorted[Math.floor(sorted.length * 0.95)];
	// The machine decides how fast; what is asked is that the crowd does not.
	assert.ok(p95(times) < 4 * p95(alone) + 50, `p95 ${p95(times).toFixed(1)} ms, alone ${p95(alone).toFixed(1)} ms`);
	assert.ok(used < 64 * 1024, `${used} KiB for ${IDLE + SLOW} connections`);
	// Neither kind stays: a head that does not come whole in time is answered 408 and closed, a connection that asks nothing is closed.
	for (let waited = 0; waited < 40 && slow.concat(idle).some((s) => !s.destroyed && !s.readableEnded && !s.closed); waited++) {
		for (const s of open) s.resume();
		await sleep(1000);
		if (waited % 5 === 0) await honest(5);
	}
	clearInterval(drip);
	const left = open.filter((s) => !s.destroyed && !s.readableEnded).length;
	assert.ok(left < 100, `${left} connections are still open`);
	await honest(20);
});
