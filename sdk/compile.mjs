#!/usr/bin/env node
// The TypeScript side of `ward build`, run by the C side:
//
//	compile.mjs --app DIR --data FILE --out DIR	one build; findings as JSON lines; exit 0 clean, 1 not
//	compile.mjs --serve				a build for each line {"app","data","out"} on standard input, which
//							answers with its findings and {"end":true,"status":0 or 1}; the
//							compiler stays warm, so that a rebuild takes a fifth of the time
import readline from "node:readline";
import { parseArgs } from "node:util";
import { readApp } from "./compiler/app.mjs";
import { buildApp } from "./compiler/build.mjs";

const { values } = parseArgs({
	options: { app: { type: "string" }, data: { type: "string" }, out: { type: "string" }, serve: { type: "boolean" } },
});

if (values.serve) await serve();
else if (values.app && values.data && values.out) process.exitCode = await buildOnce(values.app, values.data, values.out);
else {
	process.stderr.write("usage: compile.mjs --app DIR --data FILE --out DIR\n       compile.mjs --serve\n");
	process.exitCode = 2;
}

/** @param {string} dir @param {string} data @param {string} out */
async function buildOnce(dir, data, out) {
	const diagnostics = await buildApp(readApp(dir, data, out));
	process.stdout.write(diagnostics.lines());
	return diagnostics.clean ? 0 : 1;
}

async function serve() {
	for await (const line of readline.createInterface({ input: process.stdin })) {
		const { app, data, out } = JSON.parse(line);
		const status = await buildOnce(app, data, out);
		process.stdout.write(`${JSON.stringify({ end: true, status })}\n`);
	}
}
