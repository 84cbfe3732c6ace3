// Findings of the compiler: collected, then printed as JSON lines for the C side (ARCHITECTURE.md, "contract.json").
import path from "node:path";
import ts from "./typescript.mjs";

/**
 * @typedef {object} Finding
 * @property {string} file relative to the app
 * @property {number} line from 1
 * @property {number} column from 1, in bytes of UTF-8
 * @property {number} length in bytes; 0: to the end of the line
 * @property {string} code
 * @property {string} message
 * @property {string} hint
 */

export class Diagnostics {
	/** @param {string} appDir */
	constructor(appDir) {
		this.appDir = appDir;
		/** @type {Finding[]} */
		this.findings = [];
		/** @type {Set<string>} one fault is often reached by two paths (input and output share a type) */
		this.seen = new Set();
	}

	get clean() {
		return this.findings.length === 0;
	}

	/** @param {Partial<Finding> & { file: string, code: string, message: string }} finding */
	add(finding) {
		const whole = { line: 1, column: 1, length: 0, hint: "", ...finding };
		const key = [whole.file, whole.line, whole.column, whole.code, whole.message].join("\0");
		if (this.seen.has(key)) return;
		this.seen.add(key);
		this.findings.push(whole);
	}

	/**
	 * @param {ts.SourceFile} source
	 * @param {number} start offset in the source's text
	 * @param {number} length
	 * @param {string} code
	 * @param {string} message
	 * @param {string} [hint]
	 */
	atOffset(source, start, length, code, message, hint = "") {
		const { line, character } = source.getLineAndCharacterOfPosition(start);
		const file = this.relative(source.fileName);
		const column = Buffer.byteLength(source.text.slice(start - character, start)) + 1;
		// What spans lines is shown by its first.
		const [shown = ""] = source.text.slice(start, start + length).split("\n");
		this.add({ file, line: line + 1, column, length: Buffer.byteLength(shown), code, message, hint });
	}

	/**
	 * @param {ts.Node} node
	 * @param {string} code
	 * @param {string} message
	 * @param {string} [hint]
	 */
	at(node, code, message, hint = "") {
		const source = node.getSourceFile();
		const start = node.getStart(source);
		this.atOffset(source, start, node.getEnd() - start, code, message, hint);
	}

	/** @param {ts.Diagnostic} d */
	typescript(d) {
		const message = ts.flattenDiagnosticMessageText(d.messageText, "\n");
		const code = `ts${d.code}`;
		if (d.file && d.start !== undefined) this.atOffset(d.file, d.start, d.length ?? 0, code, message);
		else this.add({ file: "tsconfig.json", code, message });
	}

	/** @param {string} file */
	relative(file) {
		return path.relative(this.appDir, file).split(path.sep).join("/");
	}

	/** One finding a line, in order of place. */
	lines() {
		const sorted = [...this.findings].sort(
			(a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column));
		return sorted.map((f) => JSON.stringify(f) + "\n").join("");
	}
}
