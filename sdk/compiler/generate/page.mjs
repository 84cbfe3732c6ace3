// The front end: public/**/*.ts, checked with the browser's globals and bundled to .ward/public/. A file or folder whose
// name begins with "_" is a module of others and no script of its own.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import ts from "../typescript.mjs";
import { writeIfChanged } from "../app.mjs";
import { reportFailure } from "../bundle.mjs";
import { createProgram, strictness } from "../program.mjs";

/**
 * @typedef {import("../app.mjs").App} App
 * @typedef {import("../diagnostics.mjs").Diagnostics} Diagnostics
 */

/** @param {App} app @returns {string[]} all TypeScript files of the page, absolute */
function pageFiles(app) {
	const root = path.join(app.dir, "public");
	if (!fs.existsSync(root)) return [];
	const all = fs.readdirSync(root, { recursive: true, withFileTypes: true });
	return all.filter((e) => e.isFile() && /\.tsx?$/.test(e.name)).map((e) => path.join(e.parentPath ?? e.path, e.name)).sort();
}

/** @param {App} app @param {Diagnostics} diagnostics */
export async function buildPage(app, diagnostics) {
	const files = pageFiles(app);
	const stamp = path.join(app.out, "page.stamp");
	const state = contentHash([...files, path.join(app.ward, "client.ts")]);
	const before = fs.existsSync(stamp) ? fs.readFileSync(stamp, "utf8") : "";
	if (before.split("\n")[0] === state) return;
	checkPage(app, files, diagnostics);
	if (!diagnostics.clean) return;
	const written = await bundlePage(app, files, diagnostics);
	if (!diagnostics.clean) return;
	for (const old of before.split("\n").slice(1))
		if (old && !written.includes(old)) fs.rmSync(path.join(app.ward, "public", old), { force: true });
	writeIfChanged(stamp, [state, ...written].join("\n"));
}

/** @param {string[]} files */
function contentHash(files) {
	const hash = createHash("sha256");
	for (const file of files) hash.update(file).update("\0").update(fs.existsSync(file) ? fs.readFileSync(file) : "").update("\0");
	return hash.digest("hex");
}

/** @param {App} app @param {string[]} files @param {Diagnostics} diagnostics */
function checkPage(app, files, diagnostics) {
	if (files.length === 0) return;
	/** @type {ts.CompilerOptions} */
	const options = {
		...strictness,
		target: ts.ScriptTarget.ES2023,
		module: ts.ModuleKind.ESNext,
		moduleResolution: ts.ModuleResolutionKind.Bundler,
		lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
		jsx: ts.JsxEmit.ReactJSX,
		types: [],
		paths: { "ward/client": [path.join(app.ward, "client.ts")] },
	};
	const program = createProgram(app, "page", files, options);
	for (const file of files) {
		const source = program.getSourceFile(file);
		if (!source || source.isDeclarationFile) continue;
		for (const d of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) diagnostics.typescript(d);
	}
}

/** @param {App} app @param {string[]} files @param {Diagnostics} diagnostics @returns {Promise<string[]>} what was written, relative to .ward/public */
async function bundlePage(app, files, diagnostics) {
	const root = path.join(app.dir, "public");
	const entries = files.filter((f) => !f.endsWith(".d.ts") && !path.relative(root, f).split(path.sep).some((part) => part.startsWith("_")));
	if (entries.length === 0) return [];
	const outdir = path.join(app.ward, "public");
	const done = await build({
		entryPoints: entries, outbase: root, outdir, write: false, bundle: true, splitting: true, format: "esm", platform: "browser",
		target: "es2022", minify: true, charset: "utf8", legalComments: "none", chunkNames: "_ward/chunk-[hash]", logLevel: "silent",
		absWorkingDir: app.dir, tsconfigRaw: { compilerOptions: { jsx: "react-jsx" } }, alias: { "ward/client": path.join(app.ward, "client.ts") },
	}).catch((/** @type {import("esbuild").BuildFailure} */ failure) => {
		if (!failure.errors) throw failure;
		reportFailure(failure, app, diagnostics);
		return undefined;
	});
	return (done?.outputFiles ?? []).map((file) => {
		writeIfChanged(file.path, file.text);
		return path.relative(outdir, file.path);
	});
}
