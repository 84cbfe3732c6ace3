// `ward check --format sarif` against the published schema of SARIF 2.1.0, and what GitHub code scanning asks for beside it
// (docs.github.com, "SARIF support for code scanning").
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { check, project, root } from "./lib.mjs";

const modules = path.join(root, "tests/node_modules");
if (!existsSync(path.join(modules, "@microsoft/jest-sarif"))) {
	console.log("skipped: scripts/setup tests installs the schema");
	process.exit(77);
}
const require = createRequire(path.join(root, "tests/package.json"));
const Ajv = require("ajv").default;
const addFormats = require("ajv-formats").default;

const schema = JSON.parse(readFileSync(path.join(modules, "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));
// The schema is of draft 4, whose `id` became `$id`; it uses nothing else that has changed its meaning since.
delete schema.$schema;
delete schema.id;
// A pattern of the schema (of `language`) is a regular expression only without the flag u.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats(ajv);
const valid = ajv.compile(schema);

// Names, texts and bytes that are awkward in each place; a flow through files; a suppressed finding; a file that cannot be read.
const files = {
	"dir with space/a:b ü.js": 'const { exec } = require("child_process");\n' +
		'exports.handler = async (event) => { const ü = "🙂"; exec("echo " + event.queryStringParameters.name); };\n',
	"same.js": 'const { exec } = require("child_process");\nexports.handler = async (event) => {\n' +
		"\texec(event.a);\n\texec(event.a);\n\t// ward-ignore js-command-injection: \"a\" \\ reason <b>\n\texec(event.b);\n};\n",
	"main.tf": 'resource "aws_s3_bucket" "a\\"b" {\n  acl = "public-read"\n}\n',
	"broken.json": '{"Resources": ',
	"Dockerfile": "FROM node\nRUN echo \xff\xfe\n",
};

const report = (t, over = {}) => {
	const done = check(project(t, { ...files, ...over }), "--format", "sarif", "--no-cache");
	assert.equal(done.code, 1, done.stderr);
	return JSON.parse(done.stdout);
};

test("a report of every kind of finding is valid", (t) => {
	const log = report(t);
	assert.ok(valid(log), JSON.stringify(valid.errors?.slice(0, 5), null, 1));
	assert.ok(log.runs[0].results.length >= 6);
});

test("the schema that this relies on refuses what is wrong", (t) => {
	const log = report(t);
	log.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0;
	assert.ok(!valid(log));
});

test("a clean project gives a valid report without results", (t) => {
	const done = check(project(t, { "a.js": "export const a = 1;\n" }), "--format", "sarif", "--no-cache");
	assert.equal(done.code, 0, done.stderr);
	const log = JSON.parse(done.stdout);
	assert.ok(valid(log), JSON.stringify(valid.errors));
	assert.deepEqual(log.runs[0].results, []);
});

test("rules say what GitHub shows", (t) => {
	const { rules } = report(t).runs[0].tool.driver;
	assert.equal(new Set(rules.map((r) => r.id)).size, rules.length);
	for (const rule of rules) {
		assert.ok(rule.shortDescription.text && rule.fullDescription.text && rule.help.text && rule.help.markdown, rule.id);
		const score = Number(rule.properties["security-severity"]);
		assert.ok(score > 0 && score <= 10, rule.id);
		assert.ok(rule.properties.tags.includes("security") && rule.properties.tags.length <= 20, rule.id);
	}
	assert.ok(rules.some((r) => r.properties.tags.some((tag) => /^external\/cwe\/cwe-\d{3,}$/.test(tag))));
});

test("each result names its rule, a relative URI and a fingerprint of its own", (t) => {
	const [run] = report(t).runs;
	const prints = run.results.map((r) => r.partialFingerprints.primaryLocationLineHash);
	assert.equal(new Set(prints).size, prints.length);
	for (const result of run.results) {
		assert.equal(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
		const { uri, uriBaseId } = result.locations[0].physicalLocation.artifactLocation;
		assert.equal(uriBaseId, "%SRCROOT%");
		assert.ok(!/^[a-z]+:|^\//i.test(uri), uri);
		assert.doesNotThrow(() => decodeURIComponent(uri));
	}
	assert.ok(run.results.some((r) => decodeURIComponent(r.locations[0].physicalLocation.artifactLocation.uri) === "dir with space/a:b ü.js"));
});

test("columns count UTF-16 code units", (t) => {
	const [run] = report(t).runs;
	const found = run.results.find((r) => r.ruleId.startsWith("js-command") && r.locations[0].physicalLocation.artifactLocation.uri.startsWith("dir"));
	const { region } = found.locations[0].physicalLocation;
	const line = files["dir with space/a:b ü.js"].split("\n")[region.startLine - 1];
	assert.match(line.slice(region.startColumn - 1, region.endColumn - 1), /^(exec\(|"echo " \+|event)/);
});

test("fingerprints stay when lines move, suppressed results are marked, unread files are told", (t) => {
	const before = report(t).runs[0];
	const after = report(t, { "main.tf": "\n\n# more\n" + files["main.tf"] }).runs[0];
	const prints = (run) => run.results.map((r) => r.partialFingerprints.primaryLocationLineHash).sort();
	assert.deepEqual(prints(after), prints(before));
	const [suppressed] = before.results.filter((r) => r.suppressions);
	assert.equal(suppressed.suppressions[0].kind, "inSource");
	assert.equal(suppressed.suppressions[0].justification, '"a" \\ reason <b>');
	const { toolExecutionNotifications } = before.invocations[0];
	assert.ok(toolExecutionNotifications.some((n) => n.locations[0].physicalLocation.artifactLocation.uri === "broken.json"));
	assert.ok(before.results.some((r) => r.codeFlows?.[0].threadFlows[0].locations.length >= 1));
});
