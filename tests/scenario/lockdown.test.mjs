// A worker whose native code is the attacker's: what it may not do stops it, is recorded with the function, and ends nothing
// else. Needs root and ptrace, and says so where it has neither.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, buildDir, copyApp, run, until } from "./lib.mjs";

const inject = path.join(buildDir, "tests", "scenario", "inject");
const calls = { open: 2, openat: 257, socket: 41, connect: 42, execve: 59, ptrace: 101, fork: 57, clone: 56, unshare: 272, mount: 165,
	bpf: 321, io_uring_setup: 425, process_vm_readv: 310, kill: 62 };
const skip = process.getuid() !== 0 ? "needs root to attach to a locked process" : false;

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"));
});
after(async () => {
	await app.stop();
});

// In turn, so that no function's back-off grows long.
const functions = [
	["calm", "POST", "/calm", { n: 1 }],
	["notes", "GET", "/notes/count", undefined],
	["leak", "POST", "/leak", { wrong: false }],
	["stain", "POST", "/stain", { mark: "m" }],
	["steal", "POST", "/steal", { query: "x" }],
];
const answers = async ([name, ...request]) => {
	await until(`an answer of ${name}`, 10000, async () => (await app.call(...request)).status === 200);
	return (await app.processes()).find((p) => p.function === name && p.state === "ready").pid;
};

for (const [i, [name, number]] of Object.entries(calls).entries())
	test(`a worker that calls ${name} is stopped and recorded`, { skip }, async () => {
		const victim = functions[i % functions.length];
		const pid = await answers(victim);
		const before = app.entries("refused_syscall").length;
		const said = execFileSync(inject, [String(pid), String(number), "0", "0", "0"], { encoding: "utf8", timeout: 10000 });
		assert.doesNotMatch(said, /returned [0-9]/, "the call must not go through");
		const entry = await until("a record", 5000, () => app.entries("refused_syscall")[before]);
		assert.equal(entry.call, name);
		assert.equal(entry.function, victim[0]);
		assert.ok(entry.reason.length > 0);
		await until("an incident", 5000, async () => {
			const { incidents } = JSON.parse((await run(["top", "--json", "--state", app.state])).stdout);
			return incidents.some((x) => x.kind === "trap" && x.function === victim[0] && x.evidence === name);
		});
		assert.notEqual(await answers(victim), pid, "the function comes back in a new process");
	});

test("mapping executable memory is refused", { skip }, async () => {
	const pid = await answers(functions[0]);
	const said = execFileSync(inject, [String(pid), "9", "0", "4096", "7"], { encoding: "utf8", timeout: 10000 });
	assert.doesNotMatch(said, /returned [1-9]/);
	await app.logged("refused_syscall", (e) => e.call === "mmap");
});
