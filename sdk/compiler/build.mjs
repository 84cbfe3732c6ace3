// One build of one app: types to contract, functions to bundles, contract to clients, the page's TypeScript.
import path from "node:path";
import { writeIfChanged } from "./app.mjs";
import { bundleFunctions } from "./bundle.mjs";
import { writeDeclarations } from "./declarations.mjs";
import { Diagnostics } from "./diagnostics.mjs";
import { functionContract } from "./function.mjs";
import { writeClient } from "./generate/client.mjs";
import { writeCHeader } from "./generate/c_header.mjs";
import { writeOpenapi } from "./generate/openapi.mjs";
import { buildPage } from "./generate/page.mjs";
import { writeReference } from "./generate/reference.mjs";
import { checkProgram, createProgram, forgetPrograms, functionOptions, isOwn } from "./program.mjs";
import { checkTemplates } from "./templates.mjs";
import { refuseStrayTags } from "./schema/stray_tags.mjs";
import { Extractor } from "./schema/extract.mjs";

/**
 * @typedef {import("./app.mjs").App} App
 * @typedef {Record<string, import("./function.mjs").FunctionContract>} Contracts
 */

/** Writes what the app needs into .ward/; the contract last, and only when there are no findings. @param {App} app */
export async function buildApp(app) {
	const diagnostics = new Diagnostics(app.dir);
	await build(app, diagnostics);
	if (!diagnostics.clean) forgetPrograms();
	return diagnostics;
}

/** @param {App} app @param {Diagnostics} diagnostics */
async function build(app, diagnostics) {
	const contracts = contractsOf(app, diagnostics);
	if (!diagnostics.clean) return;
	writeOpenapi(app, contracts);
	writeCHeader(app, contracts);
	writeReference(app, contracts);
	await Promise.all([bundleFunctions(app, contracts, diagnostics), writeClient(app, contracts)]);
	await buildPage(app, diagnostics);
	if (diagnostics.clean) writeContract(app, contracts);
}

/** @param {App} app @param {Diagnostics} diagnostics @returns {Contracts} */
function contractsOf(app, diagnostics) {
	writeDeclarations(app);
	const roots = Object.values(app.functions).map((f) => path.join(app.dir, f.source));
	const program = createProgram(app, "functions", [...new Set(roots), path.join(app.ward, "guest.globals.d.ts")], functionOptions(app));
	checkProgram(program, app, diagnostics);
	/** @type {Contracts} */
	const contracts = {};
	// Types that do not check are not worth reading.
	if (!diagnostics.clean) return contracts;
	checkTemplates(program, app, diagnostics);
	for (const source of program.getSourceFiles()) if (!source.isDeclarationFile && isOwn(app, source.fileName)) refuseStrayTags(source, diagnostics);
	const extractor = new Extractor(program, diagnostics);
	for (const name of Object.keys(app.functions)) {
		const contract = functionContract(name, app, extractor);
		if (contract) contracts[name] = contract;
	}
	return contracts;
}

/** What ARCHITECTURE.md describes, and no more: the C side reads it strictly. @param {App} app @param {Contracts} contracts */
function writeContract(app, contracts) {
	const functions = Object.fromEntries(Object.entries(contracts).map(([name, c]) => {
		const errors = c.errors.map(({ name, status, title, schema }) => ({ name, status, ...(title ? { title } : {}), ...(schema ? { schema } : {}) }));
		return [name, { input: c.input, ...(c.output ? { output: c.output } : {}), errors, bundle: c.bundle, map: c.map, uses: c.uses,
			queries: c.queries, ...(c.description ? { description: c.description } : {}) }];
	}));
	writeIfChanged(path.join(app.out, "contract.json"), JSON.stringify({ functions }, null, "\t") + "\n");
}
