// Processes that die: whatever is killed, the service is back within a second and no acknowledged write is lost.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Served, copyApp, freePort, sleep, until } from "./lib.mjs";

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"));
});
after(async () => {
	await app.stop();
});

// A zombie that nobody has reaped yet is no process any more.
const alive = (pid) => {
	try {
		return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
};

const WRITES = 1000;
let round = 0;

const killDuringWrites = async (name) => {
	const mine = ++round;
	await app.call("POST", "/notes", { text: `warm ${mine}` });
	const victim = (await app.processes()).find((p) => p.name === name && (name !== "worker" || p.function === "write"));
	assert.ok(victim, `${name} runs`);
	let acknowledged = 0, failed = 0, next = 0;
	const acknowledgedTexts = [];
	const lane = async () => {
		while (next < WRITES) {
			const text = `round ${mine} note ${next++}`;
			try {
				const answer = await app.call("POST", "/notes", { text });
				if (answer.status === 200) {
					acknowledged++;
					acknowledgedTexts.push(text);
				} else failed++;
			} catch {
				failed++;
			}
		}
	};
	const lanes = Array.from({ length: 16 }, lane);
	await until("some writes", 10000, () => acknowledged > 100);
	process.kill(victim.pid, "SIGKILL");
	const killedAt = Date.now();
	let backAfter = null;
	await until("service", 10000, async () => {
		try {
			const probe = await app.call("POST", "/notes", { text: `probe ${mine} ${Math.random()}` });
			if (probe.status === 200) backAfter ??= Date.now() - killedAt;
		} catch {}
		return backAfter !== null;
	});
	await Promise.all(lanes);
	// A note that was acknowledged is there: writing it again breaks its UNIQUE constraint.
	for (const text of acknowledgedTexts.slice(-200)) {
		const again = await app.call("POST", "/notes", { text });
		assert.notEqual(again.status, 200, `lost: ${text}`);
	}
	assert.ok(backAfter < 1000, `${name}: back after ${backAfter} ms`);
	return { acknowledged, failed, backAfter };
};

for (const name of ["worker", "broker", "gateway", "zygote", "egress", "monitor"])
	test(`kill -9 of ${name} while ${WRITES} writes are in flight`, async (t) => {
		const { acknowledged, failed, backAfter } = await killDuringWrites(name);
		t.diagnostic(`${acknowledged} acknowledged, ${failed} failed, back after ${backAfter} ms`);
		assert.ok(acknowledged > WRITES / 2);
	});

test("ps tells states, memory and restarts", async () => {
	const processes = await app.processes();
	for (const name of ["supervisor", "gateway", "broker", "zygote", "egress", "monitor"])
		assert.ok(processes.some((p) => p.name === name && p.state === "ready" && p.memory_kib > 0), name);
	assert.ok(processes.find((p) => p.name === "broker").restarts >= 1);
});

test("SIGTERM drains: a request under way is answered, then all processes end", async () => {
	await sleep(100);
	const pids = (await app.processes()).map((p) => p.pid).filter((p) => p > 0);
	const under = app.call("POST", "/sleepy", {});
	await sleep(50);
	app.child.kill("SIGTERM");
	assert.equal((await under).status, 504);
	assert.deepEqual(await app.ended, { code: 0, signal: null });
	await until("their end", 500, () => pids.every((pid) => !alive(pid)));
});

test("kill -9 of the supervisor leaves no process behind", async () => {
	const other = await Served.start(copyApp("tests/scenario/apps/hostile"));
	await other.call("POST", "/notes", { text: "one" });
	const pids = (await other.processes()).map((p) => p.pid).filter((p) => p > 0);
	other.child.kill("SIGKILL");
	await other.ended;
	await until("their end", 3000, () => pids.every((pid) => !alive(pid)));
});

test("workers end with their zygote, even when nobody is left to end them", async () => {
	const other = await Served.start(copyApp("tests/scenario/apps/hostile"));
	await other.call("POST", "/notes", { text: "one" });
	const processes = await other.processes();
	const workers = processes.filter((p) => p.name === "worker").map((p) => p.pid);
	assert.ok(workers.length > 0);
	// The supervisor is held, so that only the kernel can end them.
	process.kill(other.child.pid, "SIGSTOP");
	process.kill(processes.find((p) => p.name === "zygote").pid, "SIGKILL");
	await until("their end", 3000, () => workers.every((pid) => !alive(pid)));
	process.kill(other.child.pid, "SIGCONT");
	await other.stop();
});

test("calls from the first moment on, before there is anything to run a function, end nobody", async () => {
	for (let start = 0; start < 5; start++) {
		const port = await freePort();
		let early = true;
		const statuses = [];
		const lanes = Array.from({ length: 8 }, async () => {
			while (early)
				try {
					const answer = await fetch(`http://127.0.0.1:${port}/notes`, { method: "POST",
						headers: { "content-type": "application/json" }, body: JSON.stringify({ text: `early ${statuses.length} ${Math.random()}` }) });
					statuses.push(answer.status);
					await answer.text();
				} catch {
					await sleep(1);
				}
		});
		const other = await Served.start(copyApp("tests/scenario/apps/hostile"), { port, args: ["--warm", "0"] });
		try {
			await until("an answer", 10000, () => statuses.includes(200));
			assert.equal(other.child.exitCode, null);
			assert.ok(statuses.every((s) => s === 200 || s === 503), `${statuses.join()}\n${other.log}`);
		} finally {
			early = false;
			await Promise.all(lanes);
			assert.deepEqual(await other.stop(), { code: 0, signal: null });
		}
	}
});

test("a call while the zygote is away leaves the service standing", async () => {
	const other = await Served.start(copyApp("tests/scenario/apps/hostile"), { args: ["--warm", "0"] });
	try {
		process.kill((await other.processes()).find((p) => p.name === "zygote").pid, "SIGKILL");
		// The worker that it wants may be lost with the zygote.
		const answer = await other.call("POST", "/calm", { n: 1 });
		assert.ok(answer.status === 200 || answer.status === 502, answer.text);
		assert.equal((await until("an answer", 5000, async () => (await other.call("POST", "/calm", { n: 1 })).status === 200)), true);
	} finally {
		assert.deepEqual(await other.stop(), { code: 0, signal: null });
	}
});
