// The commands an author types, on a small app that `ward new` wrote.
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { run } from "../../scenario/lib.mjs";

let place, dir;
const file = (name) => path.join(dir, name);
const edit = (name, from, to) => {
	const text = readFileSync(file(name), "utf8");
	assert.ok(text.includes(from), `${name} holds ${from}`);
	writeFileSync(file(name), text.replace(from, to));
};

before(async () => {
	place = mkdtempSync(path.join(os.tmpdir(), "ward-cli-"));
	dir = path.join(place, "Guest Book 2");
	const made = await run(["new", dir]);
	assert.equal(made.code, 0, made.stderr);
});
after(() => rmSync(place, { recursive: true, force: true }));

test("new writes an app that builds, and writes over nobody's files", async () => {
	assert.match(readFileSync(file("ward.yaml"), "utf8"), /^app: guestbook2$/m);
	assert.equal(readFileSync(file(".gitignore"), "utf8"), ".ward/\n");
	const built = await run(["build", dir]);
	assert.equal(built.code, 0, built.stderr);
	assert.equal(built.stderr, "");
	for (const made of ["build/app.json", "build/addNote.js", "client.ts", "openapi.json", "ward.d.ts"]) assert.ok(existsSync(file(`.ward/${made}`)), made);
	const again = await run(["new", dir]);
	assert.equal(again.code, 1);
	assert.match(again.stderr, /is there already/);
});

test("lock writes on consent only, and then grants exactly what is asked", async () => {
	const asked = await run(["lock", dir]);
	assert.equal(asked.code, 1);
	assert.match(asked.stdout, /^More authority$/m);
	assert.match(asked.stdout, /addNote is new, for public; answers POST \/notes; may insert into notes, by InsertNote/);
	assert.ok(!existsSync(file("ward.lock")));
	const written = await run(["lock", dir, "--yes"]);
	assert.equal(written.code, 0, written.stderr);
	assert.match(readFileSync(file("ward.lock"), "utf8"), /^query ListNotes\n {2}read notes: author, created_at, id, text$/m);
	const same = await run(["lock", dir]);
	assert.equal(same.code, 0);
	assert.match(same.stdout, /grants exactly/);
});

test("one more column is one line of the lock, named with its function, and is not deployed", async () => {
	const before = readFileSync(file("ward.lock"), "utf8").split("\n");
	edit("queries/notes.sql", "INSERT INTO notes (author, text, created_at) VALUES (:author, :text, :now) RETURNING id;",
		"INSERT INTO notes (author, text, created_at) VALUES (:author, :text, :now) RETURNING id, author;");
	edit("functions/notes.ts", "return note;", "return { id: note.id };");
	const refused = await run(["serve", dir, "--listen", "127.0.0.1:1", "--state", path.join(place, "state")]);
	assert.equal(refused.code, 1);
	assert.match(refused.stderr, /ward\.lock:\d+:1: error: addNote may now also read notes\.author, by InsertNote \[lock-grows\]/);
	assert.match(refused.stderr, /\d+ \| {3}read notes: id/);
	const frozen = await run(["check", dir, "--frozen"]);
	assert.equal(frozen.code, 1);
	assert.match(frozen.stderr, /error: addNote may now also read notes\.author, by InsertNote \[lock-grows\]/);
	const asked = await run(["lock", dir, "--yes"]);
	assert.match(asked.stdout, /\+ addNote may now also read notes\.author, by InsertNote/);
	const after = readFileSync(file("ward.lock"), "utf8").split("\n");
	assert.equal(after.length, before.length);
	assert.deepEqual(after.filter((line, i) => line !== before[i]), ["  read notes: author, id"]);
	const held = await run(["check", dir, "--frozen"]);
	assert.equal(held.code, 0, held.stderr);
});

test("check tells what breaks callers of the deployed app, field by field", async () => {
	const state = mkdtempSync(path.join(place, "deployed-"));
	copyFileSync(file(".ward/build/app.json"), path.join(state, "deployed.json"));
	edit("functions/notes.ts", "@minLength 1 @maxLength 500", "@minLength 1 @maxLength 200");
	const checked = await run(["check", dir, "--state", state]);
	assert.equal(checked.code, 0, checked.stderr);
	assert.match(checked.stderr, /warning: addNote: input\.text: string\(1\.\.500\) became string\(1\.\.200\) \[breaking-change\]/);
	edit("functions/notes.ts", "@minLength 1 @maxLength 200", "@minLength 1 @maxLength 500");
	assert.doesNotMatch((await run(["check", dir, "--state", state])).stderr, /breaking-change/);
});

test("tighten takes back what no code reaches", async () => {
	const yaml = readFileSync(file("ward.yaml"), "utf8");
	edit("ward.yaml", "queries: [ListNotes]", "queries: [ListNotes, InsertNote]");
	assert.match((await run(["build", dir])).stderr, /warning: listNotes is granted InsertNote and never runs it \[unused-grant\]/);
	const shown = await run(["tighten", dir]);
	assert.equal(shown.code, 1);
	assert.match(shown.stdout, /ward\.yaml:11: listNotes: query InsertNote: no code reaches it/);
	assert.notEqual(readFileSync(file("ward.yaml"), "utf8"), yaml);
	const taken = await run(["tighten", dir, "--yes"]);
	assert.equal(taken.code, 0, taken.stderr);
	assert.equal(readFileSync(file("ward.yaml"), "utf8"), yaml);
	assert.match((await run(["tighten", dir])).stdout, /Every grant is used/);
});

test("explain and who say what the contract says", async () => {
	const explained = await run(["explain", dir, "addNote"]);
	assert.equal(explained.code, 0, explained.stderr);
	assert.match(explained.stdout, /Writes one note\./);
	assert.match(explained.stdout, /takes +\{ author: string\(1\.\.40\); text: string\(1\.\.500\) \}/);
	assert.match(explained.stdout, /InsertNote \(queries\/notes\.sql:4\), bound to now\n +insert notes\n/);
	assert.match(explained.stdout, /limits +cpu 20ms.*rate 20\/min\/ip/);
	const unknown = await run(["explain", dir, "adNote"]);
	assert.equal(unknown.code, 1);
	assert.match(unknown.stderr, /did you mean addNote\?/);
	const who = await run(["who", dir, "notes.text"]);
	assert.match(who.stdout, /insert +addNote .*by InsertNote/);
	assert.match(who.stdout, /read +listNotes .*by ListNotes/);
	const nobody = await run(["who", dir, "users.email"]);
	assert.match(nobody.stdout, /No function touches users\.email/);
});

test("what asks of a contract builds when a file has changed, and only then", async () => {
	const stamp = () => statSync(file(".ward/build/findings.json")).mtimeMs;
	await run(["explain", dir, "addNote"]);
	const before = stamp();
	await run(["explain", dir, "addNote"]);
	assert.equal(stamp(), before);
	edit("ward.yaml", "cpu: 20ms", "cpu: 30ms");
	assert.match((await run(["explain", dir, "addNote"])).stdout, /cpu 30ms/);
	assert.notEqual(stamp(), before);
	edit("ward.yaml", "cpu: 30ms", "cpu: thirty");
	for (const again of [1, 2]) assert.equal((await run(["explain", dir, "addNote"])).code, 1, `time ${again}`);
	edit("ward.yaml", "cpu: thirty", "cpu: 20ms");
});

test("errors of every layer come at once, for people and for programs", async () => {
	const yaml = readFileSync(file("ward.yaml"), "utf8");
	edit("ward.yaml", "queries: [ListNotes]", "querys: [ListNotes]");
	edit("ward.yaml", "cpu: 20ms", "cpu: 20");
	const human = await run(["build", dir]);
	assert.equal(human.code, 1);
	assert.match(human.stderr, /ward\.yaml:11:5: error: a function has no key "querys" \[unknown-key\]\n.*\n.*\^\^\^\^\^\^ did you mean "queries"\?/);
	assert.match(human.stderr, /\[wrong-unit\]/);
	assert.match(human.stderr, /2 errors/);
	const program = await run(["build", dir, "--json"]);
	const lines = program.stdout.trim().split("\n").map((line) => JSON.parse(line));
	assert.deepEqual(lines.filter((l) => l.severity === "error").map((l) => [l.file, l.line, l.code]),
		[["ward.yaml", 11, "unknown-key"], ["ward.yaml", 19, "wrong-unit"]]);
	writeFileSync(file("ward.yaml"), yaml);
	edit("functions/notes.ts", "return db.listNotes();", "return db.addNote();");
	const typed = await run(["build", dir]);
	assert.equal(typed.code, 1);
	assert.match(typed.stderr, /functions\/notes\.ts:\d+:\d+: error: /);
	edit("functions/notes.ts", "return db.addNote();", "return db.listNotes();");
});

test("secrets come from standard input, are sealed, and are listed without their values", async () => {
	const state = path.join(place, "secrets");
	const env = { WARD_MASTER_KEY: undefined, CREDENTIALS_DIRECTORY: undefined };
	const secret = (args, input) => run(["secret", ...args, "--app", dir, "--state", state], { input, env });
	assert.equal((await secret(["list"])).code, 1);
	assert.equal((await secret(["set", "API_KEY"], "needle-in-the-clear\n")).code, 0);
	assert.match((await secret(["set", "API_KEY"], "again")).stderr, /set already: rotate it/);
	assert.equal((await secret(["rotate", "API_KEY"], "needle-number-two\n")).code, 0);
	const listed = await secret(["list"]);
	assert.match(listed.stdout, /^API_KEY +version 2 /);
	assert.ok(!readFileSync(path.join(state, "secrets.json"), "utf8").includes("needle"));
	assert.equal((await secret(["set", "API_KEY", "value-as-argument"])).code, 2);
	assert.equal((await secret(["rekey"])).code, 0);
	chmodSync(path.join(state, "master.key"), 0o644);
	assert.match((await secret(["list"])).stderr, /can be read by others/);
	chmodSync(path.join(state, "master.key"), 0o600);
	assert.equal((await secret(["rm", "API_KEY"])).code, 0);
	assert.equal((await secret(["rm", "API_KEY"])).code, 1);
});

test("why tells a recorded denial and what would allow it", async () => {
	const state = mkdtempSync(path.join(place, "why-"));
	const line = (id, what) => JSON.stringify({ id, ms: 1767225600000, function: "addNote", what }) + "\n";
	writeFileSync(path.join(state, "denials.jsonl"), line("00000000aa", "query ListNotes is not in its contract (request 01)") +
		line("00000000bb", "host evil.example.com:8443 is not in its contract (request 02)") + line("00000000cc", "a refused system call: socket\u001b[2J"));
	const why = async (...args) => await run(["why", ...args, "--app", dir, "--state", state]);
	const query = await why("00000000aa");
	assert.equal(query.code, 0, query.stderr);
	assert.match(query.stdout, /addNote, 2026-01-01 00:00:00 UTC: query ListNotes is not in its contract/);
	assert.match(query.stdout, /grants: 1 query \(InsertNote\), 0 hosts\./);
	assert.match(query.stdout, /queries: \[ListNotes\]/);
	assert.match((await why("00000000bb")).stdout, /- host: evil\.example\.com\n +port: 8443/);
	const call = (await why("00000000cc")).stdout;
	assert.match(call, /Nothing in ward\.yaml allows it/);
	assert.ok(!call.includes("\u001b"));
	assert.equal((await why("00000000dd")).code, 1);
	assert.equal((await why()).stdout.trim().split("\n").length, 3);
});

test("what is called wrongly exits 2 and says how it is called", async () => {
	for (const args of [["lock"], ["lock", "a", "b"], ["explain", "a"], ["who", "a"], ["new"], ["reference", "x"], ["secret", "set"], ["nonsense"]]) {
		const end = await run(args);
		assert.equal(end.code, 2, args.join(" "));
		assert.match(end.stderr, /^ward: /);
	}
});
