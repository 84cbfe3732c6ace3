// One self-contained script a function, by esbuild: no module syntax left, globalThis.__ward_main set.
import fs from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { answerKinds } from "./function.mjs";
import { sdkDir } from "./declarations.mjs";
import { writeIfChanged } from "./app.mjs";

/**
 * @typedef {import("./app.mjs").App} App
 * @typedef {import("./diagnostics.mjs").Diagnostics} Diagnostics
 * @typedef {import("./function.mjs").FunctionContract} FunctionContract
 */

const guestModule = path.join(sdkDir, "guest", "ward.ts");
/** How esbuild marks our module in a bundle: by a path that depends on where ward is installed. */
const guestComment = /^( *)\/\/ .*[\\/]guest[\\/]ward\.ts$/m;

/**
 * @param {App} app
 * @param {Record<string, FunctionContract>} contracts
 * @param {Diagnostics} diagnostics
 */
export async function bundleFunctions(app, contracts, diagnostics) {
	const names = Object.keys(contracts);
	if (names.length === 0) return;
	/** @type {Record<string, string>} */
	const entries = {};
	for (const name of names) {
		const file = path.join(app.out, "entry", `${name}.mjs`);
		writeIfChanged(file, entryText(name, app, /** @type {FunctionContract} */ (contracts[name])));
		entries[name] = file;
	}
	const done = await build({
		entryPoints: entries,
		bundle: true,
		outdir: app.out,
		write: false,
		format: "iife",
		platform: "neutral",
		mainFields: ["module", "main"],
		conditions: ["import", "default"],
		target: "es2023",
		charset: "utf8",
		sourcemap: "external",
		sourcesContent: false,
		treeShaking: true,
		legalComments: "none",
		absWorkingDir: app.dir,
		tsconfigRaw: { compilerOptions: { target: "es2023", useDefineForClassFields: true } },
		alias: { ward: guestModule, ...Object.fromEntries(names.map((n) => [`ward/functions/${n}`, guestModule])) },
		logLevel: "silent",
	}).catch((/** @type {import("esbuild").BuildFailure} */ failure) => {
		if (!failure.errors) throw failure;
		reportFailure(failure, app, diagnostics);
		return undefined;
	});
	for (const file of done?.outputFiles ?? []) {
		const text = file.path.endsWith(".map") ? relativeSources(file.text, file.path, app) : file.text.replace(guestComment, "$1// ward");
		writeIfChanged(file.path, text);
	}
}

/** @param {string} name @param {App} app @param {FunctionContract} contract */
function entryText(name, app, contract) {
	const source = app.functions[name]?.source ?? "";
	const exported = app.functions[name]?.export ?? name;
	const relative = path.relative(path.join(app.out, "entry"), path.join(app.dir, source)).split(path.sep).join("/");
	const lines = [`import { ${exported} as main } from ${JSON.stringify(relative)};`];
	const begin = contract.uses.includes("caller") ? ["beginRequest();"] : [];
	const isData = contract.output && !answerKinds(contract.output).some((k) => k !== "json");
	if (isData && begin.length === 0) return [...lines, "globalThis.__ward_main = main;", ""].join("\n");
	// What a function without a result returns by accident goes nowhere.
	const end = isData ? "return main(input);" : contract.output ? "return answerOf(await main(input));" : "await main(input);";
	return [
		...lines, 'import { answerOf, beginRequest } from "ward";', `globalThis.__ward_main = ${isData ? "" : "async "}(input) => {`,
		...[...begin, end].map((l) => `\t${l}`), "};", "",
	].join("\n");
}

/** @param {import("esbuild").BuildFailure} failure @param {App} app @param {Diagnostics} diagnostics */
export function reportFailure(failure, app, diagnostics) {
	for (const e of failure.errors) {
		const where = e.location;
		const builtin = /Could not resolve "(node:)?(fs|path|http|https|net|os|child_process|crypto|stream|buffer|util|events|url|worker_threads)(\/.*)?"/.test(e.text);
		diagnostics.add({
			file: where ? diagnostics.relative(path.resolve(app.dir, where.file)) : "ward.yaml",
			line: where?.line ?? 1, column: (where?.column ?? 0) + 1, length: where?.length ?? 0,
			code: "bundle", message: e.text,
			hint: builtin ? "A function has no file system, processes or sockets; use the module \"ward\" or a package that runs in browsers." : (e.notes[0]?.text ?? ""),
		});
	}
}

/** Traces in the log name files as the author knows them: relative to the app. @param {string} text @param {string} file @param {App} app */
function relativeSources(text, file, app) {
	const map = JSON.parse(text);
	map.sources = map.sources.map((/** @type {string} */ s) => {
		const absolute = path.resolve(path.dirname(file), s);
		return absolute === fs.realpathSync(guestModule) || absolute === guestModule ? "ward" : path.relative(app.dir, absolute).split(path.sep).join("/");
	});
	return JSON.stringify(map);
}
