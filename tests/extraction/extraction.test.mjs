// Every case is a TypeScript file with a function `f` and beside it what must come of it: schemas, or findings. Where
// values are given, an outside validator checks that the schema means what the type says.
// UPDATE=1 writes what comes out now, for a person to review in the diff.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeDeclarations } from "../../sdk/compiler/declarations.mjs";
import { Diagnostics } from "../../sdk/compiler/diagnostics.mjs";
import { functionContract } from "../../sdk/compiler/function.mjs";
import { createProgram, functionOptions } from "../../sdk/compiler/program.mjs";
import { refuseStrayTags } from "../../sdk/compiler/schema/stray_tags.mjs";
import { Extractor } from "../../sdk/compiler/schema/extract.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.join(here, "cases");
const names = fs.readdirSync(folder).filter((f) => f.endsWith(".ts")).map((f) => f.slice(0, -3)).sort();
const ward = fs.mkdtempSync(path.join(os.tmpdir(), "ward-extraction-"));
after(() => fs.rmSync(ward, { recursive: true, force: true }));

const functions = Object.fromEntries(names.map((n) => [n, { source: `cases/${n}.ts`, export: "f" }]));
const app = { dir: here, out: path.join(ward, "build"), ward, name: "extraction", queries: {}, functions };
writeDeclarations(app);
const roots = names.map((n) => path.join(folder, `${n}.ts`));
const program = createProgram(app, "functions", [...roots, path.join(ward, "guest.globals.d.ts")], functionOptions(app));
const ajv = outsideValidator();

function outsideValidator() {
	const require = createRequire(path.join(here, "..", "package.json"));
	try {
		const Ajv = require("ajv/dist/2020").default;
		const made = new Ajv({ strict: false, formats: {} });
		require("ajv-formats").default(made);
		return made;
	} catch {
		return undefined;
	}
}

function outcomeOf(name) {
	const diagnostics = new Diagnostics(here);
	const source = program.getSourceFile(path.join(folder, `${name}.ts`));
	for (const d of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) diagnostics.typescript(d);
	if (diagnostics.clean) refuseStrayTags(source, diagnostics);
	const contract = diagnostics.clean ? functionContract(name, app, new Extractor(program, diagnostics)) : undefined;
	if (!contract) return { refused: diagnostics.findings.map(({ line, column, code, message, hint }) => ({ line, column, code, message, ...(hint ? { hint } : {}) })) };
	const { input, output, errors } = contract;
	return { input, ...(output ? { output } : {}), ...(errors.length > 0 ? { errors } : {}) };
}

test("the corpus has its size", () => assert.ok(names.length >= 60, `${names.length} cases`));

for (const name of names) {
	test(name, () => {
		const file = path.join(folder, `${name}.json`);
		const { accepts = [], rejects = [], ...expected } = JSON.parse(fs.readFileSync(file, "utf8"));
		const found = JSON.parse(JSON.stringify(outcomeOf(name)));
		if (process.env.UPDATE) {
			const values = { ...(accepts.length > 0 ? { accepts } : {}), ...(rejects.length > 0 ? { rejects } : {}) };
			fs.writeFileSync(file, JSON.stringify({ ...found, ...values }, null, "\t") + "\n");
		} else assert.deepEqual(found, expected);
		if (!found.input) return;
		if (!ajv) return;
		const validate = ajv.compile(found.input);
		for (const value of accepts) assert.ok(validate(value), `must accept ${JSON.stringify(value)}: ${ajv.errorsText(validate.errors)}`);
		for (const value of rejects) assert.ok(!validate(value), `must reject ${JSON.stringify(value)}`);
		if (found.output) ajv.compile(found.output);
		for (const error of found.errors ?? []) if (error.schema) ajv.compile(error.schema);
	});
}
