// Typed values from JSON text: ours beside JSON.parse and ajv's compiled check, in turns within one run, medians of the rounds.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { documents } from "./documents.mjs";
import { adversaries } from "./adversaries.mjs";
import { median, root, row } from "../lib.mjs";

const require = createRequire(path.join(root, "tests", "package.json"));
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;
const program = path.join(root, "build", "bench", "contract", "bench_contract");
const dir = path.join(root, "build", "bench", "documents");
const rounds = Number(process.env.WARD_BENCH_ROUNDS ?? 5);
const milliseconds = Number(process.env.WARD_BENCH_MS ?? 250);
mkdirSync(dir, { recursive: true });

const peerNs = (validate, text) => {
	let best = Infinity;
	const batch = text.length < 4096 ? 200 : 1;
	const end = performance.now() + milliseconds;
	do {
		const from = performance.now();
		for (let i = 0; i < batch; i++) if (!validate(JSON.parse(text))) throw new Error(JSON.stringify(validate.errors));
		best = Math.min(best, ((performance.now() - from) * 1e6) / batch);
	} while (performance.now() < end);
	return best;
};

const oursNs = (schema, document, ...more) => Number(execFileSync(program, [schema, document, String(milliseconds), ...more], { encoding: "utf8" }).split(" ")[0]);

const write = (name, schema, text) => {
	const files = [path.join(dir, `${name}.schema.json`), path.join(dir, `${name}.json`)];
	writeFileSync(files[0], JSON.stringify(schema));
	writeFileSync(files[1], text);
	return files;
};

let benign;
for (const { name, schema, value } of documents) {
	const ajv = new Ajv();
	addFormats(ajv);
	const validate = ajv.compile(schema);
	const text = JSON.stringify(value);
	const bytes = Buffer.byteLength(text);
	const files = write(name, schema, text);
	const ours = [], peer = [], out = [], stringify = [];
	for (let i = 0; i < rounds; i++) {
		ours.push(oursNs(...files));
		peer.push(peerNs(validate, text));
		out.push(oursNs(...files, "--out"));
	}
	const megabytes = (ns) => (bytes / ns) * 1e3;
	row(name, "MB/s", megabytes(median(ours)), megabytes(median(peer)), "ajv");
	if (name === "validate-100kB") benign = () => oursNs(...files) / bytes;
	console.error(`  ${name}: ${bytes} bytes, ${Math.round(median(ours))} ns in, ${Math.round(median(out))} ns out, ajv ${Math.round(median(peer))} ns`);
}
for (const { name, schema, text } of adversaries) {
	const files = write(name, schema, text);
	const each = [], usual = [];
	for (let i = 0; i < rounds; i++) {
		each.push(oursNs(...files) / Buffer.byteLength(text));
		usual.push(benign());
	}
	row(`adversarial-${name}`, "ns/byte", median(each), median(usual), "benign 100 kB");
}
