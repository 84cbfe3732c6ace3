// overload-goodput: answers a second when ten times as many are asked for as can be given, beside the most that can be given; open loop
// (open_loop.c), so that a slow answer does not slow the asking. overload-p99: how long those that were let in waited, from the moment
// they were due, beside an idle server. abuse-neighbour-p99: callers with a rate, beside one who calls a hundred times as often as each
// of them.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { connected, freePort, root, row, sleep, startWard } from "../lib.mjs";

const port = await freePort();
const server = await startWard("bench/overload/app", port);
const files = mkdtempSync(path.join(os.tmpdir(), "ward-overload-"));
const now = () => Number(process.hrtime.bigint()) / 1e6;
const post = (path, body, cookie = "") =>
	`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${cookie}Content-Length: ${body.length}\r\n\r\n${body}`;
const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? NaN;
const ok = (text) => text.startsWith("HTTP/1.1 200");
const pool = (count) => Promise.all(Array.from({ length: count }, () => connected(port)));

// Asks for these in turn, at a rate, whether or not the answers come. What was due in the first `settle` seconds is not counted: the
// limit has to find its place.
let fileCount = 0;
const openLoop = async (connections, rate, seconds, requests, settle = 0) => {
	const names = requests.map((text) => {
		const name = path.join(files, String(fileCount++));
		writeFileSync(name, text);
		return name;
	});
	const { stdout } = await promisify(execFile)(path.join(root, "build", "bench", "overload", "open_loop"),
		[port, rate, seconds, settle, connections, ...names].map(String));
	return JSON.parse(stdout);
};

try {
	await sleep(1500);
	const alone = (await pool(1))[0], idle = [];
	const probe = async (rounds) => (await alone(post("/work", JSON.stringify({ rounds })))).ms;
	for (let n = 0; n < 10; n++) await probe(10);
	// About ten milliseconds of computing, whatever machine this is.
	const rounds = Math.max(1, Math.round((10 * 100) / quantile(await (async () => {
		const found = [];
		for (let n = 0; n < 20; n++) found.push(await probe(100));
		return found;
	})(), 0.5)));
	const work = post("/work", JSON.stringify({ rounds }));
	for (let n = 0; n < 150; n++) idle.push((await alone(work)).ms);
	let done = 0, stop = false;
	const lanes = (await pool(8)).map(async (client) => {
		while (!stop) {
			const given = ok((await client(work)).text);
			done += given ? 1 : 0;
			if (!given) await sleep(10);
		}
	});
	await sleep(500);
	done = 0;
	const began = now();
	await sleep(5000);
	const peak = (1000 * done) / (now() - began);
	stop = true;
	await Promise.all(lanes);
	const over = await openLoop(400, 10 * peak, 9, [work], 1);
	console.error(`  peak ${peak.toFixed(0)}/s; asked for ${(10 * peak).toFixed(0)}/s: ${over.goodput.toFixed(0)}/s answered, ${over.refused} refused, ${over.unasked} found no connection`);
	console.error(`  idle p99 ${quantile(idle, 0.99).toFixed(1)} ms; overloaded p50 ${over.p50.toFixed(1)}, p99 ${over.p99.toFixed(1)} ms`);
	row("overload-goodput", "answers/s", over.goodput, peak, "peak");
	row("overload-p99", "ms", over.p99, quantile(idle, 0.99), "idle server");

	const cookies = [];
	for (let n = 0; n < 6; n++) {
		const answer = await fetch(`http://127.0.0.1:${port}/_ward/auth/sign-up`, { method: "POST", headers: { "content-type": "application/json" },
			body: JSON.stringify({ email: `user${n}@example.org`, password: "nine lives and a harbour" }) });
		cookies.push(`Cookie: ${answer.headers.get("set-cookie").split(";")[0]}\r\n`);
	}
	const abuser = cookies.pop(), each = 10;
	const fair = (cookie) => post("/fair", '{"n":1}', cookie);
	const honest = (seconds) => openLoop(40, each * cookies.length, seconds, cookies.map(fair));
	await honest(2);
	const calm = await honest(6);
	const attack = openLoop(100, 100 * each, 8, [fair(abuser)]);
	await sleep(1000);
	const beside = await honest(6);
	const { refused, answered } = await attack;
	console.error(`  neighbours alone p99 ${calm.p99.toFixed(2)} ms (${calm.refused} refused), beside the abuser ${beside.p99.toFixed(2)} ms (${beside.refused} refused); of the abuser's ${refused} were refused, ${answered} answered`);
	row("abuse-neighbour-p99", "ms", beside.p99, calm.p99, "without the abuser");
} finally {
	await server.stop();
	rmSync(files, { recursive: true, force: true });
}
