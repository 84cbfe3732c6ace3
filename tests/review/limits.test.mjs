// What is past a bound or not understood is said, never passed over in silence; and the bounds hold.
import assert from "node:assert/strict";
import test from "node:test";
import { check, project } from "./lib.mjs";

const report = (t, files, ...args) => {
	const done = check(project(t, files), "--format", "json", ...args);
	assert.ok(done.code < 2, done.stderr);
	return JSON.parse(done.stdout);
};
const incomplete = (r) => r.findings.filter((f) => f.rule === "review-incomplete");

test("nesting past the bound is a finding, and the other files still count", (t) => {
	const r = report(t, {
		"deep/main.tf": "resource \"a\" \"b\" {\n  x = " + "[".repeat(1000) + "]".repeat(1000) + "\n}\n",
		"deep2/template.yaml": "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: " + "[".repeat(3000) + "]".repeat(3000) + "\n",
		"main.tf": 'resource "aws_db_instance" "a" {\n  publicly_accessible = true\n}\n',
	}, "--no-cache");
	assert.deepEqual(incomplete(r).map((f) => f.file), ["deep/main.tf", "deep2/template.yaml"]);
	assert.ok(r.findings.some((f) => f.rule === "tf-rds-public" && f.file === "main.tf"));
});

test("code past the budget is a finding", (t) => {
	const body = Array.from({ length: 60_000 }, (_, i) => `\tx${i % 50} = f(x${(i + 1) % 50} + event.a, [x1, x2, { y: x3 }]);\n`).join("");
	const r = report(t, { "big.js": `exports.handler = async (event) => {\n${body}};\n` }, "--no-cache");
	assert.equal(incomplete(r).length, 1);
});

test("long chains of calls cost their length, not its power of two", (t) => {
	const chain = `exports.handler = async (event) => {\n\treturn load()${".then((x) => x)".repeat(60)}.then(() => eval(event.a));\n};\n`;
	const r = report(t, { "chain.js": chain }, "--no-cache");
	assert.deepEqual(incomplete(r), []);
	assert.ok(r.findings.some((f) => f.rule === "js-code-injection"));
});

test("a block that is not understood is a note with its line, the first time and from the cache", (t) => {
	const dir = project(t, { "main.tf": 'resource "x" {\n  a = = 1\n}\n\nresource "aws_db_instance" "a" {\n  publicly_accessible = true\n}\n' });
	for (let i = 0; i < 2; i++) {
		const r = JSON.parse(check(dir, "--format", "json").stdout);
		assert.match(r.notes[0].text, /^line \d+: not understood, passed over$/);
		assert.ok(r.findings.some((f) => f.rule === "tf-rds-public"));
	}
});

test("an ordinary project has no such finding", (t) => {
	const r = report(t, { "a.js": "export const a = (event) => event;\n", "main.tf": 'resource "aws_s3_bucket" "b" {}\n' }, "--no-cache");
	assert.deepEqual([incomplete(r).length, r.notes.length], [0, 0]);
});
