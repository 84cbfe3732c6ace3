// `ward check` as people first meet it: any directory, quiet when clean, grouped, and with what can be done next.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { check, project } from "./lib.mjs";

const hole = 'const { exec } = require("child_process");\nexports.handler = async (event) => {\n\tconst ü = "🙂"; exec("a " + event.name);\n\texec("b " + event.name);\n};\n';
const bucket = 'resource "aws_db_instance" "a" {\n  publicly_accessible = true\n}\n';

test("clean is one line, and nothing to read is said", (t) => {
	assert.deepEqual(check(project(t, { "a.js": "export const a = 1;\n" }), "--no-cache"), { code: 0, stdout: "no findings in 1 file\n", stderr: "" });
	assert.match(check(project(t, { "readme.txt": "x\n" }), "--no-cache").stdout, /^no code, template or workflow here/);
});

test("findings are grouped by file, a rule is explained once, marks stand below what they mean", (t) => {
	const { code, stdout } = check(project(t, { "h.js": hole, "main.tf": bucket }), "--no-cache");
	assert.equal(code, 1);
	assert.equal(stdout.match(/^h\.js$/gm).length, 1);
	assert.equal(stdout.match(/js-command-injection \d/g).length, 2);
	assert.equal(stdout.match(/Whoever sends the request runs commands/g).length, 1);
	const lines = stdout.split("\n");
	const at = lines.findIndex((l) => l.includes("🙂"));
	const column = lines[at].indexOf('"a "') - lines[at].indexOf("|");
	assert.equal(lines[at + 1].indexOf("^") - lines[at + 1].indexOf("|"), column);
});

test("what is of low severity is counted by rule unless asked for", (t) => {
	const dir = project(t, { "main.tf": bucket });
	const folded = check(dir, "--no-cache").stdout, all = check(dir, "--no-cache", "--severity", "info").stdout;
	assert.match(folded, /of low severity[\s\S]*\n +1 {2}Database can be deleted by mistake {2}tf-rds-deletion\n/);
	assert.match(all, /low {6}aws_db_instance\.a: Database can be deleted by mistake {2}tf-rds-deletion 1:1\n/);
	const summary = (text) => /\d+ findings, .*/.exec(text)[0];
	assert.equal(summary(folded), summary(all));
});

test("the advice works: fix, comment, baseline", (t) => {
	const dir = project(t, { "main.tf": bucket });
	const { stdout } = check(dir, "--no-cache");
	assert.ok(stdout.includes(`ward check ${dir} --fix`) && stdout.includes("--explain tf-rds-public") && stdout.includes("# ward-ignore tf-rds-public:"));
	assert.match(check("--explain", "tf-rds-public").stdout, /^tf-rds-public {2}critical\n/);
	const file = path.join(dir, "main.tf"), baseline = path.join(dir, ".ward-baseline");
	writeFileSync(file, bucket.replace("  publicly", "  # ward-ignore tf-rds-public: a test database\n  publicly"));
	assert.ok(!check(dir, "--no-cache", "--severity", "critical").stdout.includes("tf-rds-public"));
	writeFileSync(file, bucket);
	assert.equal(check(dir, "--no-cache", "--baseline", baseline, "--write-baseline").code, 0);
	assert.equal(check(dir, "--no-cache", "--baseline", baseline).code, 0);
	check(dir, "--no-cache", "--fix");
	assert.equal(readFileSync(file, "utf8"), bucket.replace("true", "false"));
});

test("names and lines of strangers do not steer the terminal", (t) => {
	const { stdout } = check(project(t, { "a\u001b[31m.tf": bucket.replace('"a"', '"a\u001b]0;x\u0007"') }), "--no-cache");
	assert.ok(!stdout.includes("\u001b"));
});
