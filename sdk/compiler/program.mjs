// The TypeScript program of an app's functions, checked strictly.
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { parseWithNamedAliases } from "./source.mjs";

/** What an app's code is checked with; editors get the same through the generated tsconfig. */
export const strictness = {
	strict: true,
	noUncheckedIndexedAccess: true,
	noImplicitOverride: true,
	noImplicitReturns: true,
	noFallthroughCasesInSwitch: true,
	isolatedModules: true,
	skipLibCheck: true,
	noEmit: true,
	resolveJsonModule: true,
	allowImportingTsExtensions: true,
	forceConsistentCasingInFileNames: true,
};

/** @param {import("./app.mjs").App} app @returns {ts.CompilerOptions} */
export function functionOptions(app) {
	return {
		...strictness,
		target: ts.ScriptTarget.ES2023,
		module: ts.ModuleKind.ESNext,
		moduleResolution: ts.ModuleResolutionKind.Bundler,
		lib: ["lib.es2023.d.ts"],
		types: [],
		paths: {
			ward: [path.join(app.ward, "ward.d.ts")],
			"ward/functions/*": [path.join(app.ward, "functions", "*.d.ts")],
		},
	};
}

/**
 * @param {import("./app.mjs").App} app
 * @param {string[]} roots absolute
 * @param {ts.CompilerOptions} options
 */
export function createProgram(app, roots, options) {
	const host = ts.createCompilerHost(options);
	const inner = host.getSourceFile;
	host.getCurrentDirectory = () => app.dir;
	const library = path.dirname(ts.getDefaultLibFilePath(options));
	host.getSourceFile = (fileName, version, onError, fresh) => {
		if (path.dirname(path.normalize(fileName)) === library) return inner.call(host, fileName, version, onError, fresh);
		const text = ts.sys.readFile(fileName);
		return text === undefined ? undefined : parseWithNamedAliases(fileName, text, version);
	};
	return ts.createProgram({ rootNames: roots, options, host });
}

/** Whether a file is the author's: in the app, not generated and not a dependency. @param {import("./app.mjs").App} app @param {string} file */
export function isOwn(app, file) {
	const relative = path.relative(app.dir, file);
	return !relative.startsWith("..") && !path.isAbsolute(relative) && !/(^|[\\/])(node_modules|\.ward)[\\/]/.test(relative);
}

/**
 * Syntax and type errors of the app's own files.
 * @param {ts.Program} program
 * @param {import("./app.mjs").App} app
 * @param {import("./diagnostics.mjs").Diagnostics} diagnostics
 */
export function checkProgram(program, app, diagnostics) {
	for (const d of [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()]) diagnostics.typescript(d);
	for (const source of program.getSourceFiles()) {
		if (source.isDeclarationFile || !isOwn(app, source.fileName)) continue;
		const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
		for (const d of found) diagnostics.typescript(d);
	}
}

/** @param {string} file */
export function exists(file) {
	return fs.existsSync(file);
}
