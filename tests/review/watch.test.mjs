// `ward check --watch`: a round at the start and one for each change, which says what is new and what is gone.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { env, program, project } from "./lib.mjs";

const hole = 'const { exec } = require("child_process");\nexports.handler = async (event) => exec(event.name);\n';

test("each change is reviewed", async (t) => {
	const dir = project(t, { "a.js": hole, "b.js": "export const b = 1;\n" });
	const child = spawn(program, [dir, "--watch", "--severity", "high"], { env });
	t.after(() => child.kill("SIGKILL"));
	let text = "", wake = () => {};
	child.stdout.on("data", (data) => { text += data; wake(); });
	const until = async (pattern) => {
		const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
		while (!pattern.test(text)) {
			assert.equal(child.exitCode ?? child.signalCode, null, text);
			await new Promise((resolve) => { wake = resolve; child.once("close", resolve); });
		}
		clearTimeout(timer);
		const seen = text;
		text = "";
		return seen;
	};
	assert.match(await until(/waiting for changes\n/), /a\.js\n[\s\S]*js-command-injection[\s\S]*1 finding, 1 critical/);
	writeFileSync(path.join(dir, "b.js"), hole);
	assert.match(await until(/waiting for changes\n/), /2 findings[\s\S]*: 1 new, 0 gone/);
	writeFileSync(path.join(dir, "a.js"), "export const a = 1;\n");
	assert.match(await until(/waiting for changes\n/), /1 finding,[\s\S]*: 0 new, 1 gone/);
	rmSync(path.join(dir, "b.js"));
	assert.match(await until(/waiting for changes\n/), /no findings[\s\S]*: 0 new, 1 gone/);
	child.kill("SIGINT");
	await new Promise((resolve) => child.once("close", resolve));
});

test("a directory that is not there ends with a message", () => new Promise((resolve) => {
	const child = spawn(program, ["/nonexistent-dir", "--watch"], { env });
	child.on("close", (code) => { assert.equal(code, 2); resolve(); });
}));
