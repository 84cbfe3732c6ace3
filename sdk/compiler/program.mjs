// The TypeScript program of an app's functions, checked strictly.
import path from "node:path";
import ts from "./typescript.mjs";
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
 * Parsed files by name, and the last program of each kind: what has not changed is neither parsed nor resolved again, by the
 * page's program after the functions' and, with --serve, by the next build.
 * @type {Map<string, { text: string, source: ts.SourceFile }>}
 */
const parsed = new Map();
/** @type {Map<string, ts.Program>} */
const programs = new Map();

/**
 * @param {import("./app.mjs").App} app
 * @param {"functions" | "page"} kind
 * @param {string[]} roots absolute
 * @param {ts.CompilerOptions} options
 */
export function createProgram(app, kind, roots, options) {
	const host = ts.createCompilerHost(options);
	const library = path.dirname(ts.getDefaultLibFilePath(options));
	host.getCurrentDirectory = () => app.dir;
	host.getSourceFile = (fileName, version) => {
		const known = parsed.get(fileName);
		const isLibrary = path.dirname(path.normalize(fileName)) === library;
		if (known && isLibrary) return known.source;
		const text = ts.sys.readFile(fileName);
		if (text === undefined || known?.text === text) return text === undefined ? undefined : known?.source;
		const source = isLibrary ? ts.createSourceFile(fileName, text, version) : parseWithNamedAliases(fileName, text, version);
		parsed.set(fileName, { text, source });
		return source;
	};
	const key = `${kind} ${app.dir}`;
	const program = ts.createProgram({ rootNames: roots, options, host, oldProgram: programs.get(key) });
	programs.set(key, program);
	return program;
}

/**
 * After a build with findings the next one resolves modules anew: the file that was missing may be there now, which a
 * program made from the old one would not notice.
 */
export function forgetPrograms() {
	programs.clear();
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
