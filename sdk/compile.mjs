#!/usr/bin/env node
// The TypeScript side of `ward build`: types to contract, functions to bundles, contract to clients. Run by src/cli/build.c
// as `compile.mjs --app DIR --data FILE --out DIR`; findings go to standard output as JSON lines; exit 0 clean, 1 not.
import path from "node:path";
import { parseArgs } from "node:util";
import { readApp, writeIfChanged } from "./compiler/app.mjs";
import { bundleFunctions } from "./compiler/bundle.mjs";
import { writeDeclarations } from "./compiler/declarations.mjs";
import { Diagnostics } from "./compiler/diagnostics.mjs";
import { functionContract } from "./compiler/function.mjs";
import { writeClient } from "./compiler/generate/client.mjs";
import { writeOpenapi } from "./compiler/generate/openapi.mjs";
import { buildPage } from "./compiler/generate/page.mjs";
import { writeReference } from "./compiler/generate/reference.mjs";
import { checkProgram, createProgram, functionOptions } from "./compiler/program.mjs";
import { Extractor } from "./compiler/schema/extract.mjs";

const { values } = parseArgs({
	options: { app: { type: "string" }, data: { type: "string" }, out: { type: "string" } },
});
if (!values.app || !values.data || !values.out) {
	process.stderr.write("usage: compile.mjs --app DIR --data FILE --out DIR\n");
	process.exit(2);
}

const app = readApp(values.app, values.data, values.out);
const diagnostics = new Diagnostics(app.dir);
await compile();
process.stdout.write(diagnostics.lines());
process.exitCode = diagnostics.clean ? 0 : 1;

async function compile() {
	writeDeclarations(app);
	const roots = Object.values(app.functions).map((f) => path.join(app.dir, f.source));
	const program = createProgram(app, [...new Set(roots), path.join(app.ward, "guest.globals.d.ts")], functionOptions(app));
	checkProgram(program, app, diagnostics);
	if (!diagnostics.clean) return;
	const extractor = new Extractor(program, diagnostics);
	/** @type {Record<string, import("./compiler/function.mjs").FunctionContract>} */
	const contracts = {};
	for (const name of Object.keys(app.functions)) {
		const contract = functionContract(name, app, extractor);
		if (contract) contracts[name] = contract;
	}
	if (!diagnostics.clean) return;
	writeOpenapi(app, contracts);
	writeReference(app, contracts);
	await Promise.all([bundleFunctions(app, contracts, diagnostics), writeClient(app, contracts)]);
	await buildPage(app, diagnostics);
	if (diagnostics.clean) writeContract(contracts);
}

/**
 * What ARCHITECTURE.md describes, and no more: the C side reads it strictly.
 * @param {Record<string, import("./compiler/function.mjs").FunctionContract>} contracts
 */
function writeContract(contracts) {
	const functions = Object.fromEntries(Object.entries(contracts).map(([name, c]) => {
		const errors = c.errors.map(({ name, status, schema }) => ({ name, status, ...(schema ? { schema } : {}) }));
		return [name, { input: c.input, ...(c.output ? { output: c.output } : {}), errors, bundle: c.bundle, map: c.map, uses: c.uses }];
	}));
	writeIfChanged(path.join(app.out, "contract.json"), JSON.stringify({ functions }, null, "\t") + "\n");
}
