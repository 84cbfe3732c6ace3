// A planted key is searched for in every byte of memory of every process and in every file of the state directory, after it
// was used: by egress for a function that never sees it, and by a function that holds it. It is nowhere in the clear.
// Reading other processes' memory takes root (or CAP_SYS_PTRACE); without it the search is skipped.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp, freePort, run, sleep } from "./lib.mjs";

const CHUNK = 4 << 20;
const keys = { SENT_KEY: randomBytes(32).toString("hex"), HELD_KEY: randomBytes(32).toString("hex") };
let app, bank, dir, state, heard = [];

before(async () => {
	const port = await freePort();
	bank = http.createServer((request, response) => {
		heard.push(request.headers.authorization);
		response.end(`you sent ${request.headers.authorization}`);
	}).listen(port, "127.0.0.1");
	dir = copyApp("tests/scenario/apps/held");
	for (const name of ["ward.yaml", "functions/slips.ts"]) {
		const file = path.join(dir, name);
		writeFileSync(file, readFileSync(file, "utf8").replaceAll("18099", String(port)));
	}
	app = await Served.start(dir);
	state = app.state;
	for (const [name, value] of Object.entries(keys))
		assert.equal((await run(["secret", "set", name, "--app", dir, "--state", state], { input: value })).code, 0);
});
after(async () => {
	bank.close();
	await app.stop();
});

// Places where the bytes stand in the memory of a process; null when it may not be read.
const search = (pid, needles) => {
	const found = [];
	let fd;
	try {
		fd = openSync(`/proc/${pid}/mem`, "r");
	} catch {
		return null;
	}
	const overlap = Math.max(...needles.map((n) => n.length));
	const room = Buffer.alloc(CHUNK + overlap);
	for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
		const [, from, to, rights, name] = /^([0-9a-f]+)-([0-9a-f]+) (....) \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
		if (!from || rights[0] !== "r" || name === "[vvar]" || name === "[vsyscall]") continue;
		const end = BigInt(`0x${to}`);
		let kept = 0;
		for (let at = BigInt(`0x${from}`); at < end;) {
			let n = 0;
			try {
				n = readSync(fd, room, kept, Number(end - at < BigInt(CHUNK) ? end - at : BigInt(CHUNK)), at);
			} catch {
				break; /* past the end of a mapped file, or gone */
			}
			if (n === 0) break;
			const bytes = room.subarray(0, kept + n);
			for (const needle of needles) if (bytes.includes(needle)) found.push(`${line.trim()}: ${needle.toString("latin1").slice(0, 12)}`);
			const keep = Math.min(overlap, bytes.length);
			bytes.copy(room, 0, bytes.length - keep);
			kept = keep;
			at += BigInt(n);
		}
	}
	closeSync(fd);
	return found;
};

const forms = (key) => [Buffer.from(key), Buffer.from(key, "hex"), Buffer.from(Buffer.from(key).toString("base64").slice(0, 80)), Buffer.from(key, "utf16le")];
const everywhere = async (needles) => {
	const found = {};
	for (const { name, function: f, pid } of (await app.processes()).filter((p) => p.pid > 0)) {
		const places = search(pid, needles);
		if (places === null) return null;
		if (places.length) found[`${name} ${f} ${pid}`] = places;
	}
	return found;
};
const filesWith = (needles) =>
	readdirSync(state, { recursive: true }).map((n) => path.join(state, n)).filter((n) => statSync(n).isFile())
		.filter((n) => needles.some((needle) => readFileSync(n).includes(needle)));

test("a key that egress adds to requests is in no process's memory afterwards, and in no file", async (t) => {
	/* As many at a time as limits.concurrency lets pass. */
	const many = [];
	for (let i = 0; i < 2; i++) many.push(...await Promise.all(Array.from({ length: 100 }, () => app.call("POST", "/echo", {}))));
	for (const answer of many) assert.equal(answer.status, 200, answer.text);
	assert.ok(heard.length >= 200 && heard.every((h) => h === `Bearer ${keys.SENT_KEY}`));
	await sleep(300);
	const found = await everywhere(forms(keys.SENT_KEY));
	assert.deepEqual(filesWith(forms(keys.SENT_KEY)), []);
	if (found === null) return t.skip("this user may not read the memory of other processes");
	assert.deepEqual(found, {});
});

test("a key that a function holds is in its worker while the request runs, and nowhere afterwards", async (t) => {
	/* On a busy machine a search may come before the key or after the end: requests go on until one meets it. */
	let during = [];
	for (let tries = 0; during !== null && during.length === 0 && tries < 5; tries++) {
		let over = false;
		const running = app.call("POST", "/slow", {}).finally(() => (over = true));
		const worker = (await app.processes()).find((p) => p.function === "slow");
		while (during !== null && during.length === 0 && !over) {
			await sleep(50);
			during = search(worker.pid, forms(keys.HELD_KEY));
		}
		assert.equal((await running).status, 504);
	}
	for (const where of ["/answers", "/logs", "/throws", "/refuses", "/asks"]) await app.call("POST", where, where === "/answers" ? { short: false } : {});
	await app.call("GET", "/page");
	await sleep(300);
	assert.deepEqual(filesWith(forms(keys.HELD_KEY)), []);
	if (during === null) return t.skip("this user may not read the memory of other processes");
	assert.ok(during.length > 0, "the search would not find a key");
	assert.deepEqual(await everywhere(forms(keys.HELD_KEY)), {});
});

test("no process leaves a core: the limit is zero and none but root may look into it", async () => {
	for (const { name, pid } of (await app.processes()).filter((p) => p.pid > 0 && !["supervisor", "zygote"].includes(p.name))) {
		assert.match(readFileSync(`/proc/${pid}/limits`, "utf8"), /Max core file size +0 +0 /, name);
		/* proc(5): the files of a process that is not dumpable belong to root. */
		assert.equal(statSync(`/proc/${pid}/mem`).uid, 0, `${name} is dumpable`);
	}
});
