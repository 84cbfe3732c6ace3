// Where callers may come from: lists of the app, bans by hand, and what happens without a database or with a broken one.
import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp, freePort, run, until } from "./lib.mjs";
import { mmdb } from "./tools/mmdb.mjs";

let app, dir, file;
before(async () => {
	dir = copyApp("tests/scenario/apps/countries");
	file = path.join(dir, "countries.mmdb");
	writeFileSync(file, mmdb([["81.2.69.0/24", "DE"], ["175.16.199.0/24", "KP"], ["2a02:d300::/32", "CH"]]));
	app = await Served.start(dir, { args: ["--countries", file] });
});
after(async () => {
	await app?.stop();
});

const from = (address, pathname = "/hello") => app.call("GET", pathname, undefined, { "x-forwarded-for": address });
const act = (...args) => run(["act", ...args, "--state", app.state]);

test("a country on the deny list gets 403, and nothing of the app; others, unknown and private addresses are served", async () => {
	const refused = await from("175.16.199.7");
	assertProblem(refused, 403);
	assert.equal(refused.body.type, "urn:ward:problem:country");
	for (const pathname of ["/", "/nothing", "/_ward/auth/me"]) assert.equal((await from("175.16.199.7", pathname)).status, 403, pathname);
	for (const address of ["81.2.69.1", "2a02:d300::1", "9.9.9.9", "10.0.0.1", "127.0.0.1"]) assert.equal((await from(address)).status, 200, address);
});

test("the file is cut short while ward runs: nobody notices", async () => {
	truncateSync(file, 10);
	assert.equal((await from("175.16.199.7")).status, 403);
	assert.equal((await from("81.2.69.1")).status, 200);
});

test("a ban by hand of a country, and its end", async () => {
	const made = await act("ban", "--country", "DE", "--minutes", "5", "--why", "a flood");
	assert.equal(made.code, 0, made.stderr);
	assert.match(made.stdout, /country DE/);
	await until("the ban", 5000, async () => (await from("81.2.69.1")).status === 403);
	assert.equal((await from("81.2.69.1")).body.type, "urn:ward:problem:banned");
	assert.equal((await from("2a02:d300::1")).status, 200);
	await act("release", made.stdout.trim().split(/\s/)[0]);
	await until("its end", 5000, async () => (await from("81.2.69.1")).status === 200);
	for (const wrong of ["UK", "de", "Germany"]) {
		const { code, stderr } = await act("ban", "--country", wrong);
		assert.notEqual(code, 0);
		assert.match(stderr, /code of two upper-case letters/);
	}
});

test("an allow list refuses where the database does not say, but not at home", async () => {
	const yaml = path.join(dir, "ward.yaml");
	writeFileSync(yaml, readFileSync(yaml, "utf8").replace("deny: [KP]", "allow: [DE, CH]"));
	writeFileSync(file, mmdb([["81.2.69.0/24", "DE"], ["175.16.199.0/24", "KP"]]));
	await app.stop();
	app = await Served.start(dir, { args: ["--countries", file] });
	for (const [address, status] of [["81.2.69.1", 200], ["175.16.199.7", 403], ["9.9.9.9", 403], ["127.0.0.1", 200]])
		assert.equal((await from(address)).status, status, address);
});

test("without a database, or with a file that is none, ward says so and does not start", async () => {
	const port = await freePort();
	const none = await run(["serve", dir, "--listen", `127.0.0.1:${port}`]);
	assert.equal(none.code, 1);
	assert.match(none.stderr, /give a database of them with --countries FILE/);
	const wrong = await run(["serve", dir, "--listen", `127.0.0.1:${port}`, "--countries", path.join(dir, "ward.yaml")]);
	assert.notEqual(wrong.code, 0);
	assert.match(wrong.stderr, /is no MaxMind DB/);
});

test("without a database a ban by country is refused, not in force for nobody", async () => {
	const plain = await Served.start(copyApp("tests/scenario/apps/limits"));
	const { code, stderr } = await run(["act", "ban", "--country", "KP", "--state", plain.state]);
	await plain.stop();
	assert.notEqual(code, 0);
	assert.match(stderr, /without a database of countries/);
});
