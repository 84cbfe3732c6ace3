// Secrets from `ward secret` to the host that they are for: added on the way, never seen by the function, rotated without a
// restart; and what is denied or unused on the way is told by `ward why` and `ward tighten`.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp, freePort, run, until } from "./lib.mjs";

let app, bank, heard, dir, state;
const secret = (args, input) => run(["secret", ...args, "--app", dir, "--state", state], { input });

before(async () => {
	const port = await freePort();
	heard = [];
	bank = http.createServer((request, response) => {
		heard.push(request.headers.authorization);
		response.end(`saw ${request.method} ${request.url}`);
	}).listen(port, "127.0.0.1");
	dir = copyApp("tests/scenario/apps/secrets");
	for (const name of ["ward.yaml", "functions/calls.ts"]) {
		const file = path.join(dir, name);
		writeFileSync(file, readFileSync(file, "utf8").replaceAll("18099", String(port)));
	}
	app = await Served.start(dir);
	state = app.state;
});
after(async () => {
	bank.close();
	await app.stop();
});

test("a secret that is not set is named at the start, and its calls fail without a word on it", async () => {
	assert.match(app.log, /charge needs the secret BANK_KEY, which is not set/);
	const answer = await app.call("POST", "/charge", {});
	assert.equal(answer.status, 500);
	assert.ok(!answer.text.includes("BANK_KEY"));
	assert.deepEqual(heard, []);
});

test("the key is added on the way, and the function that makes the call never has it", async () => {
	assert.equal((await secret(["set", "BANK_KEY"], "needle-one\n")).code, 0);
	const answer = await app.call("POST", "/charge", {});
	assert.deepEqual(answer.body, { status: 200, said: "saw POST /charges" });
	assert.deepEqual(heard, ["Bearer needle-one"]);
});

test("rotations under load lose no request, and each reaches the next one without a restart", async () => {
	let current = "needle-one", over = false, done = 0;
	const allowed = new Set([current]);
	const callers = Array.from({ length: 8 }, async () => {
		while (!over) {
			const answer = await app.call("POST", "/charge", {});
			assert.equal(answer.status, 200, answer.text);
			done++;
		}
	});
	for (let i = 0; i < 10; i++) {
		current = `needle-two-${i}`;
		allowed.add(current);
		const before = done;
		assert.equal((await secret(["rotate", "BANK_KEY"], `${current}\n`)).code, 0);
		await app.call("POST", "/charge", {});
		/* The bank has heard others meanwhile, but nothing older than this rotation can follow its own request. */
		assert.ok(heard.slice(-9).includes(`Bearer ${current}`), `after rotation ${i}`);
		await until("requests between two rotations", 5000, () => done > before + 8);
	}
	over = true;
	await Promise.all(callers);
	await app.call("POST", "/charge", {});
	assert.equal(heard.at(-1), `Bearer ${current}`);
	assert.ok(heard.every((h) => allowed.has(h.slice("Bearer ".length))), "a key that was never set");
	assert.ok(done >= 100, `only ${done} requests`);
	/* Values come in the order in which they were set: no request has an older one than a request before it began with. */
	const order = [...allowed];
	let newest = 0, late = 0;
	for (const h of heard) {
		const at = order.indexOf(h.slice("Bearer ".length));
		if (at < newest) late++;
		newest = Math.max(newest, at);
	}
	assert.ok(late <= 8 * order.length, `${late} requests with an older key after a newer one was seen`);
});

test("a value that would end the header is not sent", async () => {
	assert.equal((await secret(["rotate", "BANK_KEY"], "needle\r\nX-Other: 1")).code, 0);
	const before = heard.length;
	assert.equal((await app.call("POST", "/charge", {})).status, 500);
	assert.equal(heard.length, before);
	assert.equal((await secret(["rotate", "BANK_KEY"], "needle-three")).code, 0);
	assert.equal((await app.call("POST", "/charge", {})).status, 200);
});

test("a function holds what its contract says", async () => {
	assert.equal((await secret(["set", "SIGNING_KEY"], "needle-held-by-a-function")).code, 0);
	const answer = await app.call("POST", "/sign", {});
	assert.deepEqual(answer.body, { length: "needle-held-by-a-function".length });
});

test("a key of others is denied, recorded, and why says what would allow it", async () => {
	assert.deepEqual((await app.call("POST", "/steal", {})).body, { code: "denied" });
	const entry = await app.logged("denied", (e) => e.function === "steal");
	assert.match(entry.what, /^secret BANK_KEY is not in its contract/);
	const why = await run(["why", entry.id, "--app", dir, "--state", state]);
	assert.equal(why.code, 0, why.stderr);
	assert.match(why.stdout, /^steal, .* UTC: secret BANK_KEY is not in its contract/);
	assert.match(why.stdout, /secrets: \[BANK_KEY\]/);
	assert.match((await run(["why", "--app", dir, "--state", state])).stdout, new RegExp(`^${entry.id} `, "m"));
});

test("no needle lies in the state directory or in the log", () => {
	const files = readdirSync(state, { recursive: true }).map((name) => path.join(state, name)).filter((name) => statSync(name).isFile());
	assert.ok(files.some((name) => name.endsWith("secrets.json")));
	for (const name of files) assert.ok(!readFileSync(name).includes("needle"), name);
	assert.ok(!app.log.includes("needle"), "log");
});

test("what was used is recorded, and what was not", async () => {
	await app.call("POST", "/sign", {});
	const used = await until("usage.json", 5000, () => {
		try {
			const { used } = JSON.parse(readFileSync(path.join(state, "usage.json"), "utf8"));
			return used.sign["secret SIGNING_KEY"] > 0 && used;
		} catch {
			return null;
		}
	});
	assert.ok(Object.entries(used.charge).every(([what, ms]) => what.startsWith("host 127.0.0.1:") && ms > 0), JSON.stringify(used));
	assert.ok(used.sign["secret SIGNING_KEY"] > 0);
	assert.deepEqual(used.never, { "host api.example.com:443": 0, "secret SIGNING_KEY": 0 });
	assert.deepEqual(used.steal, { "secret SIGNING_KEY": 0 });
});

test("a master key from the environment reaches the broker and lies in no file and no environment", async () => {
	const key = "5a".repeat(32);
	const own = await Served.start(dir, { env: { WARD_MASTER_KEY: key } });
	try {
		const set = await run(["secret", "set", "SIGNING_KEY", "--app", dir, "--state", own.state], { input: "held", env: { WARD_MASTER_KEY: key } });
		assert.equal(set.code, 0, set.stderr);
		assert.deepEqual((await own.call("POST", "/sign", {})).body, { length: 4 });
		assert.ok(!readdirSync(own.state).includes("master.key"));
		for (const { pid } of await own.processes()) {
			try {
				assert.ok(!readFileSync(`/proc/${pid}/environ`, "utf8").includes(key), String(pid));
			} catch (error) {
				if (error.code !== "EACCES") throw error; /* not even the same user may look into it */
			}
		}
		const wrong = await run(["secret", "list", "--app", dir, "--state", own.state], { env: { WARD_MASTER_KEY: "00".repeat(32) } });
		assert.match(wrong.stderr, /another master key/);
	} finally {
		await own.stop();
	}
});
