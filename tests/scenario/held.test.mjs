// A function that holds a key by contract and lets it slip: into answers, pages, errors, logs, records of denials. What
// leaves the worker shows the key's name instead. And a host that says back what it was sent does not hand the key to the
// function that called it.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp, freePort, run, sleep } from "./lib.mjs";

const KEY = 'k3y/with "quotes" & <signs> + ünicode=';
const SENT = "sent-key-0123456789abcdef";
const FORMS = [KEY, encodeURIComponent(KEY), JSON.stringify(KEY).slice(1, -1), Buffer.from(KEY).toString("hex"),
	Buffer.from(KEY).toString("base64").slice(0, -4), Buffer.from(`u:${KEY}`).toString("base64").slice(4, -4),
	KEY.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;").replace(/>/g, "&gt;")];

let app, bank, state, dir;
before(async () => {
	const port = await freePort();
	bank = http.createServer((request, response) => {
		response.setHeader("x-echo", request.headers.authorization);
		response.end(`you sent ${request.headers.authorization} and ${Buffer.from(request.headers.authorization).toString("base64")}`);
	}).listen(port, "127.0.0.1");
	dir = copyApp("tests/scenario/apps/held");
	for (const name of ["ward.yaml", "functions/slips.ts"]) {
		const file = path.join(dir, name);
		writeFileSync(file, readFileSync(file, "utf8").replaceAll("18099", String(port)));
	}
	app = await Served.start(dir);
	state = app.state;
	for (const [name, value] of [["HELD_KEY", KEY], ["SENT_KEY", SENT]])
		assert.equal((await run(["secret", "set", name, "--app", dir, "--state", state], { input: value })).code, 0);
});
after(async () => {
	bank.close();
	await app.stop();
});

const clean = (text, what) => {
	for (const form of FORMS) assert.ok(!text.includes(form), `${what} shows ${form}: ${text.slice(0, 300)}`);
};

test("answers show the name of the key, in every form and place", async () => {
	const answer = await app.call("POST", "/answers", { short: false });
	assert.equal(answer.status, 200, answer.text);
	clean(answer.text, "the answer");
	const { forms, untouched } = answer.body;
	assert.equal(forms.plain, "***HELD_KEY***");
	assert.equal(forms.within, "Bearer ***HELD_KEY***, twice ***HELD_KEY***");
	assert.equal(forms.encoded, "https://a.example/?k=***HELD_KEY***");
	assert.equal(forms.json, '{"key":"***HELD_KEY***"}');
	assert.equal(forms.hex, "***HELD_KEY***");
	assert.match(forms.basic, /^.{0,3}\*\*\*HELD_KEY\*\*\*.?$/);
	assert.match(forms.basicTwo, /^.{0,4}\*\*\*HELD_KEY\*\*\*.{0,4}$/);
	assert.deepEqual(forms.list, ["a", "***HELD_KEY***"]);
	assert.deepEqual(forms.map, { "***HELD_KEY***": "as a name", b: "***HELD_KEY***" });
	assert.equal(Buffer.from(forms.bytes, "base64").toString(), "=***HELD_KEY***=");
	assert.equal(untouched, "ordinary ***text***");
});

test("pages and declared errors too", async () => {
	const page = await app.call("GET", "/page");
	assert.equal(page.text, '<p title="***HELD_KEY***">***HELD_KEY***</p>');
	const error = await app.call("POST", "/refuses", {});
	assert.equal(error.status, 409);
	assert.deepEqual(error.body.data, { because: "the key ***HELD_KEY*** is old" });
});

test("an exception's text goes to the log without the key and to the caller not at all", async () => {
	const answer = await app.call("POST", "/throws", {});
	assert.equal(answer.status, 500);
	assert.ok(!answer.text.includes("HELD_KEY"));
	const entry = await app.logged("function_log", (e) => e.function === "throws");
	assert.match(entry.text, /401 from https:\/\/a\.example\/\?k=\*\*\*HELD_KEY\*\*\* with \*\*\*HELD_KEY\*\*\*/);
});

test("log lines too, and where a long line is cut no part of the key stands at the cut", async () => {
	const answer = await app.call("POST", "/logs", {});
	assert.equal(answer.status, 204, answer.text);
	const lines = await (async () => {
		for (let i = 0; i < 100; i++) {
			const found = app.entries("function_log").filter((e) => e.function === "logs");
			if (found.length >= 4) return found;
			await sleep(20);
		}
		throw new Error("no lines");
	})();
	assert.match(lines[0].text, /key \*\*\*HELD_KEY\*\*\*/);
	for (const line of lines) {
		clean(line.text, "a line");
		assert.ok(!/x{100}.*k3y/.test(line.text), line.text.slice(-80));
	}
});

test("the record of a denied call does not keep it", async () => {
	assert.deepEqual((await app.call("POST", "/asks", {})).body, { code: "denied" });
	const entry = await app.logged("denied", (e) => e.function === "asks");
	assert.match(entry.what, /host \*\*\*HELD_KEY\*\*\*\.example\.com is not in its contract/i);
});

test("a request that is cut off still logs without it", async () => {
	assert.equal((await app.call("POST", "/slow", {})).status, 504);
	assert.equal((await app.logged("function_log", (e) => e.function === "slow")).text, "slow with ***HELD_KEY***");
});

test("a host that says the key back says it to nobody", async () => {
	const answer = await app.call("POST", "/echo", {});
	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.body.text, /^you sent Bearer \*\*\*SENT_KEY\*\*\* and [A-Za-z0-9+/]*\*\*\*SENT_KEY\*\*\*=*$/);
	assert.equal(answer.body.header, "Bearer ***SENT_KEY***");
	assert.equal(answer.body.packed, "refused");
});

test("neither key lies in the log or in the state directory", () => {
	clean(app.log, "the log");
	assert.ok(!app.log.includes(SENT));
	for (const name of readdirSync(state, { recursive: true }).map((n) => path.join(state, n)).filter((n) => statSync(n).isFile())) {
		const bytes = readFileSync(name);
		for (const form of [...FORMS, SENT]) assert.ok(!bytes.includes(form), name);
	}
});
