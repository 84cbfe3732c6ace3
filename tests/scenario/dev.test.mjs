// `ward dev`: a change is built and taken up while requests run, none of them is dropped, and a mistake is shown while the last
// good version goes on serving.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp, sleep, until } from "./lib.mjs";

let app, dir;
before(async () => {
	dir = copyApp("tests/scenario/apps/hostile");
	app = await Served.start(dir, { command: "dev" });
});
after(async () => {
	await app.stop();
});

const edit = (file, from, to) => {
	const at = path.join(dir, file);
	const text = readFileSync(at, "utf8");
	assert.ok(text.includes(from));
	writeFileSync(at, text.replace(from, to));
};
const status = async () => (await app.call("GET", "/_ward/dev/status")).body;

test("a function is swapped in place and no request is lost", async () => {
	let running = true, asked = 0, old = 0, fresh = 0;
	const wrong = [];
	const lanes = Array.from({ length: 4 }, async () => {
		while (running) {
			asked++;
			const answer = await app.call("POST", "/calm", { n: 1 }).catch((e) => ({ status: 0, text: String(e), body: {} }));
			if (answer.status !== 200) wrong.push(answer.text);
			else if (answer.body.n === 2) old++;
			else if (answer.body.n === 101) fresh++;
			await sleep(5);
		}
	});
	await until("requests", 8000, () => old > 10);
	edit("functions/calm.ts", "input.n + 1", "input.n + 100");
	await until("the new version", 15000, () => fresh > 10);
	running = false;
	await Promise.all(lanes);
	assert.deepEqual(wrong, []);
	assert.equal(old + fresh, asked);
});

test("a type error is shown at its place; the last good version serves on", async () => {
	edit("functions/calm.ts", "input.n + 100", "input.n + nothing");
	const findings = await until("findings", 15000, async () => {
		const { findings } = await status();
		return findings.length > 0 && findings;
	});
	const finding = findings.find((f) => f.file === "functions/calm.ts");
	assert.equal(finding.line, 2);
	assert.match(finding.message, /nothing/);
	assert.match(app.log, /functions\/calm\.ts:2/);
	assert.equal((await app.call("POST", "/calm", { n: 1 })).body.n, 101);
});

test("mending it takes the findings away", async () => {
	edit("functions/calm.ts", "input.n + nothing", "input.n + 1000");
	await until("the mended version", 15000, async () => (await app.call("POST", "/calm", { n: 1 })).body.n === 1001);
	await until("no findings", 5000, async () => (await status()).findings.length === 0);
});

test("a mistake in ward.yaml is shown too", async () => {
	edit("ward.yaml", "http: POST /calm", "htp: POST /calm");
	const findings = await until("findings", 15000, async () => {
		const { findings } = await status();
		return findings.length > 0 && findings;
	});
	assert.ok(findings.some((f) => f.file === "ward.yaml" && /htp/.test(f.message)), JSON.stringify(findings));
	edit("ward.yaml", "htp: POST /calm", "http: POST /calm");
	await until("no findings", 15000, async () => (await status()).findings.length === 0);
});

test("a new migration and query are taken up", async () => {
	writeFileSync(path.join(dir, "migrations/0002_tags.sql"), "CREATE TABLE tags (name TEXT PRIMARY KEY) STRICT;\nINSERT INTO tags VALUES ('red');\n");
	writeFileSync(path.join(dir, "queries/tags.sql"), "-- name: ListTags :many\nSELECT name FROM tags;\n");
	writeFileSync(path.join(dir, "functions/tags.ts"),
		'import { db } from "ward";\nexport async function tags(): Promise<{ name: string }[]> {\n\treturn db.listTags();\n}\n');
	const yaml = path.join(dir, "ward.yaml");
	writeFileSync(yaml, readFileSync(yaml, "utf8") + "  tags:\n    source: functions/tags.ts\n    http: GET /tags\n    auth: public\n    queries: [ListTags]\n");
	await until("the new function", 20000, async () => (await app.call("GET", "/tags")).status === 200);
	assert.deepEqual((await app.call("GET", "/tags")).body, [{ name: "red" }]);
});

test("what a function logs appears as it happens", async () => {
	await app.call("POST", "/throws", { text: "now" });
	await until("the line", 3000, () => /the inner detail: now/.test(app.log));
});
