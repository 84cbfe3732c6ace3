// ward's review beside its peers from npm, one run: recall, precision, time (median of five whole processes).
//   secrets    secretlint with its recommended preset, over the outside files whose credentials are known
//   lockfiles  lockfile-lint with all its checks, over lockfiles made here: each with one known flaw, or none
//   handlers   eslint-plugin-security with what it recommends, over tests/review/handlers: one hole a file, and the same files without it
//   templates  the npm port of cfn-lint over the outside CloudFormation files, by whether it says anything about a file
// retire.js is not measured: its package holds no vulnerability data, it loads them from a host that a bench does not reach.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { median, root, row } from "../lib.mjs";

const here = path.join(root, "bench", "review-peers");
const scan = path.join(root, "build", "bench", "review-peers", "scan");
const bin = (name) => path.join(here, "node_modules", ".bin", name);
const corpora = [process.env.WARD_CORPORA, path.join(root, "../shared/corpora"), path.join(root, "../../shared/corpora")].find((p) => p && existsSync(path.join(p, "unpack")));
const place = mkdtempSync(path.join(os.tmpdir(), "ward-peers-"));

// A scanner says 0 or 1; anything else is a broken call, not a result.
const run = (command, args, cwd) => {
	const done = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 });
	if (done.error || (done.status !== 0 && done.status !== 1) || /Unknown option|Usage:/.test(done.stderr)) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`);
	return done;
};
const seconds = (command, args, cwd) =>
	median(Array.from({ length: 5 }, () => {
		const start = process.hrtime.bigint();
		run(command, args, cwd);
		return Number(process.hrtime.bigint() - start) / 1e9;
	}));

// Findings are {file, line, end}; an expectation is met by a finding whose lines cover it.
const rate = (expected, found) => {
	let met = 0, all = 0;
	const used = new Set();
	for (const [file, list] of Object.entries(expected))
		for (const item of list) {
			all++;
			const hits = found.filter((f) => f.file === file && f.line <= item.line && item.line <= f.end);
			hits.forEach((f) => used.add(f));
			met += hits.length > 0;
		}
	return { recall: met / all, precision: found.length ? used.size / found.length : 1 };
};

const table = (title, rows) => {
	console.error(`\n${title}`);
	for (const [name, r] of rows)
		console.error(`  ${name.padEnd(16)} recall ${r.recall.toFixed(3)}  precision ${r.precision.toFixed(3)}  ${(r.time * 1e3).toFixed(0)} ms`);
};

const secrets = () => {
	if (!corpora) return console.error("secrets: skipped, no outside data");
	execFileSync(path.join(corpora, "unpack"), [place, "secrets"]);
	const dir = path.join(place, "secrets", "files");
	const expected = JSON.parse(readFileSync(path.join(place, "secrets", "expected.json"), "utf8"));
	writeFileSync(path.join(place, "rc.json"), JSON.stringify({ rules: [{ id: "@secretlint/secretlint-rule-preset-recommend" }] }));
	// Through a file: it ends before a pipe has taken all of its output.
	const report = path.join(place, "report.json"), cwd = path.join(place, "secrets");
	const oursArgs = ["secrets", dir];
	const peerArgs = ["--secretlintrc", path.join(place, "rc.json"), "--format", "json", "--no-color", "--output", report, "files/**/*"];
	const ours = run(scan, oursArgs, here).stdout.trim().split("\n").filter(Boolean).map((l) => JSON.parse(l));
	run(bin("secretlint"), peerArgs, cwd);
	const theirs = JSON.parse(readFileSync(report, "utf8")).flatMap((f) =>
		f.messages.map((m) => ({ file: path.basename(f.filePath), line: m.loc.start.line, end: m.loc.end.line })));
	const a = { ...rate(expected, ours), time: seconds(scan, oursArgs, here) };
	const b = { ...rate(expected, theirs), time: seconds(bin("secretlint"), peerArgs, cwd) };
	table("secrets: 96 files, 440 findings", [["ward", a], ["secretlint", b]]);
	for (const what of ["recall", "precision"]) row(`review-secrets-${what}`, "ratio", a[what], b[what], "secretlint");
	row("review-secrets-time", "s", a.time, b.time, "secretlint");
};

const sri = (text, algorithm = "sha512") => `${algorithm}-${createHash(algorithm).update(text).digest("base64")}`;
const entry = (name, version, more = {}) => ({ version, resolved: `https://registry.npmjs.org/${name}/-/${name.split("/").pop()}-${version}.tgz`, integrity: sri(name + version), ...more });
const npm = (packages) => JSON.stringify({ name: "shop", lockfileVersion: 3, packages: { "": { name: "shop" }, ...packages } }, null, 2);
const one = (name, change = {}) => npm({ "node_modules/accepts": entry("accepts", "1.3.8"), [`node_modules/${name}`]: { ...entry(name, "4.17.21"), ...change } });
const without = (name, key) => npm({ [`node_modules/${name}`]: { ...entry(name, "4.17.21"), [key]: undefined } });

// A flaw each; and sound ones that a scanner must leave alone.
const flawed = {
	"host": one("lodash", { resolved: "https://evil.test/lodash/-/lodash-4.17.21.tgz" }),
	"host-prefix": one("lodash", { resolved: "https://registry.npmjs.org.evil.test/lodash/-/lodash-4.17.21.tgz" }),
	"host-user": one("lodash", { resolved: "https://registry.npmjs.org@evil.test/lodash/-/lodash-4.17.21.tgz" }),
	"http": one("lodash", { resolved: "http://registry.npmjs.org/lodash/-/lodash-4.17.21.tgz" }),
	"other-package": one("lodash", { resolved: "https://registry.npmjs.org/lodahs/-/lodahs-4.17.21.tgz" }),
	"no-integrity": without("lodash", "integrity"),
	"sha1": one("lodash", { integrity: sri("x", "sha1") }),
	"cut-integrity": one("lodash", { integrity: "sha512-AAAA" }),
	"no-hash": one("lodash", { integrity: "x" }),
	"git-branch": one("lodash", { resolved: "git+ssh://git@github.com/lodash/lodash.git#main", integrity: undefined }),
	"two-hashes": npm({ "node_modules/lodash": entry("lodash", "4.17.21"), "node_modules/a/node_modules/lodash": entry("lodash", "4.17.21", { integrity: sri("other") }) }),
	"look-alike": npm({ "node_modules/lodahs": entry("lodahs", "1.0.0") }),
	"internal-name": npm({ "node_modules/acme-internal-auth": entry("acme-internal-auth", "99.0.0") }),
	"repeated-key": npm({ "node_modules/lodash": entry("lodash", "4.17.21") }).replace('"version": "4.17.21"', '"version": "4.17.20", "version": "4.17.21"'),
};
const sound = {
	"plain": one("lodash"),
	"scoped": npm({ "node_modules/@babel/core": entry("@babel/core", "7.24.0") }),
	"bundled": npm({ "node_modules/npm": entry("npm", "10.0.0"), "node_modules/npm/node_modules/abbrev": { version: "2.0.0", inBundle: true } }),
	"workspace": npm({ "node_modules/shop-ui": { resolved: "packages/ui", link: true }, "packages/ui": { name: "shop-ui", version: "1.0.0" } }),
	"alias": npm({ "node_modules/lodash4": { name: "lodash", ...entry("lodash", "4.17.21") } }),
};

const lockfiles = () => {
	const verdict = (tool) => {
		const flag = (name, text) => {
			const dir = path.join(place, "locks", name);
			mkdirSync(dir, { recursive: true });
			writeFileSync(path.join(dir, "package-lock.json"), text);
			return tool(dir).status !== 0;
		};
		const missed = Object.entries(flawed).filter(([name, text]) => !flag(name, text)).map(([name]) => name);
		const alarms = Object.entries(sound).filter(([name, text]) => flag(name, text)).map(([name]) => name);
		const found = Object.keys(flawed).length - missed.length;
		return { recall: found / Object.keys(flawed).length, precision: found / (found + alarms.length), missed, alarms };
	};
	const ourTool = (dir) => run(scan, ["deps", dir], here);
	const peerArgs = (dir) => ["--path", path.join(dir, "package-lock.json"), "--type", "npm", "--validate-https", "--validate-integrity", "--validate-package-names", "--allowed-hosts", "npm", "--empty-hostname", "false"];
	const peerTool = (dir) => run(bin("lockfile-lint"), peerArgs(dir), here);
	const a = verdict(ourTool), b = verdict(peerTool);
	const big = path.join(place, "locks", "big");
	mkdirSync(big, { recursive: true });
	writeFileSync(path.join(big, "package-lock.json"), npm(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`node_modules/@acme${i % 50}/part${i}`, entry(`@acme${i % 50}/part${i}`, "1.0.0")]))));
	a.time = seconds(scan, ["deps", big], here);
	b.time = seconds(bin("lockfile-lint"), peerArgs(big), here);
	table(`lockfiles: ${Object.keys(flawed).length} flawed, ${Object.keys(sound).length} sound; time over 3000 packages`, [["ward", a], ["lockfile-lint", b]]);
	for (const [name, r] of [["ward", a], ["lockfile-lint", b]])
		console.error(`  ${name}: misses ${r.missed.join(", ") || "none"}; false alarms ${r.alarms.join(", ") || "none"}`);
	for (const what of ["recall", "precision"]) row(`review-lockfiles-${what}`, "ratio", a[what], b[what], "lockfile-lint");
	row("review-lockfiles-time", "s", a.time, b.time, "lockfile-lint");
};

const review = path.join(root, "build", "src", "review", "ward-review");

// A line that ends in "expect: RULE" holds a hole; a finding of medium or more anywhere else is a false alarm.
const handlers = () => {
	const dir = path.join(root, "tests", "review", "handlers");
	const expected = {};
	for (const kind of ["vulnerable", "fixed"])
		for (const name of readdirSync(path.join(dir, kind)))
			expected[`${kind}/${name}`] = readFileSync(path.join(dir, kind, name), "utf8").split("\n")
				.flatMap((text, i) => (/\/\/ expect: /.test(text) ? [{ line: i + 1 }] : []));
	const oursArgs = [dir, "--format", "json", "--severity", "medium", "--no-cache"];
	const report = path.join(place, "eslint.json");
	const copy = path.join(here, "handlers");
	cpSync(dir, copy, { recursive: true });
	const peerArgs = ["--no-warn-ignored", "-c", path.join(here, "eslint.config.mjs"), "--format", "json", "-o", report, copy];
	const ours = JSON.parse(run(review, oursArgs, here).stdout).findings.map((f) => ({ file: f.file, line: f.line, end: f.endLine }));
	run(bin("eslint"), peerArgs, here);
	const theirs = JSON.parse(readFileSync(report, "utf8")).flatMap((f) => f.messages.filter((m) => m.ruleId)
		.map((m) => ({ file: path.relative(copy, f.filePath), line: m.line, end: m.endLine ?? m.line })));
	const a = { ...rate(expected, ours), time: seconds(review, oursArgs, here) };
	const b = { ...rate(expected, theirs), time: seconds(bin("eslint"), peerArgs, here) };
	rmSync(copy, { recursive: true });
	table(`handlers: ${Object.keys(expected).length} files, ${Object.values(expected).flat().length} holes`, [["ward", a], ["eslint-security", b]]);
	for (const what of ["recall", "precision"]) row(`review-handlers-${what}`, "ratio", a[what], b[what], "eslint-plugin-security");
	row("review-handlers-time", "s", a.time, b.time, "eslint-plugin-security");
};

// The peer names no lines, so a file counts as found when anything is said about it.
const templates = () => {
	if (!corpora) return console.error("templates: skipped, no outside data");
	execFileSync(path.join(corpora, "unpack"), [place, "iac"]);
	const base = path.join(place, "iac", "cloudFormation", "aws");
	const files = readdirSync(base, { recursive: true }).filter((f) => /positive[^/]*\.(ya?ml|json)$/.test(f)).map((f) => path.join(base, f));
	const oursArgs = [base, "--format", "json", "--no-cache", "--no-ignore"];
	const peerArgs = [path.join(here, "cfn-lint.cjs"), ...files];
	const mine = new Set(JSON.parse(run(review, oursArgs, here).stdout).findings.map((f) => path.join(base, f.file)));
	const theirs = JSON.parse(run(process.execPath, peerArgs, here).stdout);
	const share = (said) => files.filter(said).length / files.length;
	const a = { recall: share((f) => mine.has(f)), time: seconds(review, oursArgs, here) };
	const b = { recall: share((f) => theirs[f] > 0), time: seconds(process.execPath, peerArgs, here) };
	console.error(`\ntemplates: ${files.length} CloudFormation files, each with a hole; the peer checks their form, not what they open`);
	for (const [name, r] of [["ward", a], ["cfn-lint", b]]) console.error(`  ${name.padEnd(16)} files with a finding ${r.recall.toFixed(3)}  ${(r.time * 1e3).toFixed(0)} ms`);
	row("review-templates-recall", "ratio", a.recall, b.recall, "cfn-lint (npm)");
	row("review-templates-time", "s", a.time, b.time, "cfn-lint (npm)");
};

try {
	if (!existsSync(bin("eslint"))) execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: here, stdio: "ignore" });
	handlers();
	secrets();
	lockfiles();
	templates();
} finally {
	rmSync(place, { recursive: true, force: true });
}
