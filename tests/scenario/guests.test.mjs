// What a guest must not get away with: marks left for the next request, endless loops, memory, recursion, stolen queries.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp } from "./lib.mjs";

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/hostile"));
});
after(async () => {
	await app.stop();
});

test("no request sees what another wrote", async () => {
	for (let i = 0; i < 40; i++) {
		const answer = await app.call("POST", "/stain", { mark: `mark ${i}` });
		assert.equal(answer.status, 200, answer.text);
		assert.deepEqual(answer.body, { seen: [] });
	}
	const many = await Promise.all(Array.from({ length: 64 }, (_, i) => app.call("POST", "/stain", { mark: `m${i}` })));
	for (const answer of many) assert.deepEqual(answer.body, { seen: [] });
});

test("an endless loop ends at its CPU limit, and says so", async () => {
	assertProblem(await app.call("POST", "/spin", {}), 504);
	assertProblem(await app.call("POST", "/spin", {}), 504);
});

test("unbounded allocation ends at the memory limit", async () => {
	assertProblem(await app.call("POST", "/hoard", {}), 507);
});

test("unbounded recursion is an error of the function", async () => {
	assertProblem(await app.call("POST", "/recurse", {}), 500);
});

test("a string of a gigabyte is refused", async () => {
	const answer = await app.call("POST", "/giant", {});
	assert.ok([500, 507].includes(answer.status), answer.text);
	assertProblem(answer, answer.status);
});

test("waiting past the wall-clock limit ends in 504", async () => {
	const began = Date.now();
	assertProblem(await app.call("POST", "/sleepy", {}), 504);
	assert.ok(Date.now() - began < 5000);
});

test("other functions answer while one spins", async () => {
	const spinning = Array.from({ length: 8 }, () => app.call("POST", "/spin", {}));
	const calm = await Promise.all(Array.from({ length: 50 }, (_, n) => app.call("POST", "/calm", { n })));
	calm.forEach((answer, n) => assert.deepEqual(answer.body, { n: n + 1 }));
	for (const answer of await Promise.all(spinning)) assertProblem(answer, 504);
});

test("what an exception says stays in the log, at its TypeScript line", async () => {
	const answer = await app.call("POST", "/throws", { text: "a client's text" });
	assertProblem(answer, 500);
	assert.doesNotMatch(answer.text, /inner detail|throws\.ts|client's text/);
	const entry = await app.logged("function_log", (e) => e.function === "throws");
	assert.match(entry.text, /the inner detail/);
	assert.match(entry.text, /functions\/throws\.ts:2:/);
	assert.equal(entry.request, answer.body.id);
});

test("a result leaves with what its type names and nothing else", async () => {
	const answer = await app.call("POST", "/leak", { wrong: false });
	assert.deepEqual(answer.body, { id: 1, name: "Ada" });
	assert.doesNotMatch(answer.text, /passwordHash|must-not-leave/);
});

test("a result of the wrong type is a 500 with an id; the path is in the log", async () => {
	const answer = await app.call("POST", "/leak", { wrong: true });
	assertProblem(answer, 500);
	const entry = await app.logged("function_log", (e) => e.function === "leak");
	assert.match(entry.text, /id: expected/);
});

test("a query that the function does not list is denied and recorded", async () => {
	for (const query of ["ReadVault", "readVault", "AddNote", "DROP TABLE notes", "../CountNotes", ""]) {
		const answer = await app.call("POST", "/steal", { query });
		assert.equal(answer.status, 200, answer.text);
		assert.deepEqual([answer.body.stolen, answer.body.code], [false, "denied"], query);
	}
	const entry = await app.logged("denied", (e) => e.function === "steal");
	assert.match(entry.what, /ReadVault is not in its contract/);
	assert.doesNotMatch(app.log, /planted-secret/);
});
