// Reads constraint tags from JSDoc comments. TypeScript's own parser is not used for the values: it takes a second tag on
// the same line for text of the first. Every tag is understood, known to be documentation, or an error at its place.
import ts from "../typescript.mjs";
import { constraintTags, documentationTags, formats, lookAlikes } from "./tag_table.mjs";

/**
 * @typedef {object} Tag
 * @property {string} name as in constraintTags
 * @property {unknown} value
 * @property {ts.SourceFile} source
 * @property {number} start of the `@`
 * @property {number} length
 *
 * @typedef {object} Doc
 * @property {string} description
 * @property {boolean} deprecated
 * @property {Tag[]} tags
 */

/** @type {Doc} */
const nothing = Object.freeze({ description: "", deprecated: false, tags: [] });

/** @type {WeakMap<ts.Node, Doc>} */
const cache = new WeakMap();

/**
 * What the JSDoc comments of a declaration say.
 * @param {ts.Node} declaration
 * @param {import("../diagnostics.mjs").Diagnostics} diagnostics
 * @returns {Doc}
 */
export function docOf(declaration, diagnostics) {
	const known = cache.get(declaration);
	if (known) return known;
	const comments = commentsOf(declaration);
	const doc = comments.length === 0 ? nothing : readComments(declaration.getSourceFile(), comments, diagnostics);
	cache.set(declaration, doc);
	return doc;
}

/**
 * The JSDoc comments of a declaration. TypeScript itself overlooks one that follows a bracket or another member on the
 * same line: { /** @maxLength 5 *\/ name: string }.
 * @param {ts.Node} declaration
 * @returns {{ pos: number, end: number }[]}
 */
export function commentsOf(declaration) {
	const source = declaration.getSourceFile();
	const beside = (ts.getTrailingCommentRanges(source.text, declaration.pos) ?? []).filter((c) =>
		source.text.startsWith("/**", c.pos) && !source.text.slice(c.end, declaration.getStart(source)).includes("\n"));
	const above = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc);
	return [...beside.filter((b) => !above.some((a) => a.pos === b.pos)), ...above].map(({ pos, end }) => ({ pos, end }));
}

/**
 * @param {ts.SourceFile} source
 * @param {{ pos: number, end: number }[]} comments
 * @param {import("../diagnostics.mjs").Diagnostics} diagnostics
 */
function readComments(source, comments, diagnostics) {
	/** @type {Doc} */
	const doc = { description: "", deprecated: false, tags: [] };
	for (const comment of comments) {
		const text = blankDecoration(source.text.slice(comment.pos, comment.end));
		const marks = findTags(text);
		const prose = text.slice(0, marks[0]?.at ?? text.length).replace(/\s+/g, " ").trim();
		doc.description = [doc.description, prose].filter(Boolean).join(" ");
		marks.forEach((mark, i) => {
			const end = marks[i + 1]?.at ?? text.length;
			const raw = text.slice(mark.at + 1 + mark.name.length, end);
			if (mark.name === "deprecated") doc.deprecated = true;
			const tag = readTag(mark.name, raw, source, comment.pos + mark.at, diagnostics);
			if (tag) doc.tags.push(tag);
		});
	}
	return doc;
}

/** Where in a comment constraints are, or what looks like one. @param {string} comment @returns {{ at: number, name: string }[]} */
export function constraintMarks(comment) {
	return findTags(blankDecoration(comment)).filter(({ name }) => Object.hasOwn(constraintTags, name) || suggestion(name) !== undefined);
}

/** Turns the comment's stars into spaces, so that offsets stay those of the file. @param {string} comment */
function blankDecoration(comment) {
	return comment
		.replace(/^\/\*\*/, "   ")
		.replace(/\*\/$/, "  ")
		.replace(/(^|\n)([ \t]*)\*/g, "$1$2 ");
}

/**
 * Where tags begin. At the start of a line any name is a tag; further on in a line only the name of a constraint (or
 * of what looks like one) is, so that prose may mention a name. Code in backticks is prose.
 * @param {string} text
 */
function findTags(text) {
	/** @type {{ at: number, name: string }[]} */
	const marks = [];
	// An example goes on until a line begins with a tag.
	const examples = [...text.matchAll(/@example\b(?:(?!\n\s*@)[\s\S])*/g)].map((m) => [m.index, m.index + m[0].length]);
	for (const m of text.matchAll(/(^|[\s*])@([A-Za-z][\w-]*)/g)) {
		const at = m.index + (m[1] ?? "").length;
		const name = m[2] ?? "";
		const lineStart = text.lastIndexOf("\n", at) + 1;
		const before = text.slice(lineStart, at);
		const leads = before.trim() === "";
		const inCode = (before.match(/`/g)?.length ?? 0) % 2 === 1;
		const inExample = examples.some(([from, to]) => at > (from ?? 0) && at < (to ?? 0));
		if (inCode || inExample) continue;
		if (leads || Object.hasOwn(constraintTags, name) || suggestion(name) !== undefined) marks.push({ at, name });
	}
	return marks;
}

/**
 * @param {string} name
 * @param {string} raw what follows the name, up to the next tag
 * @param {ts.SourceFile} source
 * @param {number} start
 * @param {import("../diagnostics.mjs").Diagnostics} diagnostics
 * @returns {Tag | undefined}
 */
function readTag(name, raw, source, start, diagnostics) {
	const row = Object.hasOwn(constraintTags, name) ? constraintTags[name] : undefined;
	/** @param {string} message @param {string} [hint] */
	const refuse = (message, hint) => {
		diagnostics.atOffset(source, start, name.length + 1, "type/tag", message, hint);
		return undefined;
	};
	if (!row) {
		if (documentationTags.has(name)) return undefined;
		const better = suggestion(name);
		return refuse(`@${name} is no tag that ward knows; a constraint must not get lost`,
			better ? `Did you mean @${better}?` : "Known constraints are listed in docs/typescript.md; prose may put the name in backticks.");
	}
	const firstLine = (raw.split("\n").find((line) => line.trim() !== "") ?? "").trim();
	const given = row.value === "pattern" || row.value === "json" ? firstLine : raw.replace(/\s+/g, " ").trim();
	const value = readValue(row.value, given.replace(/^-\s+/, ""));
	if (value === undefined) return refuse(`@${name} ${expects[row.value]}, found ${given === "" ? "nothing" : `"${given}"`}`);
	if (value instanceof Error) return refuse(`@${name}: ${value.message}`);
	const canonicalName = name === "int" ? "integer" : name;
	return { name: canonicalName, value, source, start, length: name.length + 1 };
}

const expects = {
	count: "takes a whole number, 0 or more",
	number: "takes a number",
	positive: "takes a number above 0",
	flag: "takes no value",
	format: `takes one of ${formats.join(", ")}`,
	pattern: "takes a regular expression",
	json: "takes a JSON value",
};

/**
 * A number may be followed by words that explain it; what is no number is refused.
 * @param {import("./tag_table.mjs").TagRow["value"]} kind
 * @param {string} text
 * @returns {unknown} undefined: not of the kind; an Error: nearly, and why not
 */
function readValue(kind, text) {
	const number = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?=$|\s)/.exec(text)?.[0];
	switch (kind) {
		case "count":
			return number !== undefined && /^\d+$/.test(number) && Number.isSafeInteger(Number(number)) ? Number(number) : undefined;
		case "number":
			return number !== undefined && Number.isFinite(Number(number)) ? Number(number) : undefined;
		case "positive":
			return number !== undefined && Number(number) > 0 ? Number(number) : undefined;
		case "flag":
			return /^(true)?$/.test(text) || /^[A-Za-z][^@]*$/.test(text) && text !== "false" ? true : undefined;
		case "format":
			return formats.find((f) => f === text.split(" ")[0]);
		case "pattern":
			return readPattern(text);
		case "json":
			return readJson(text);
	}
}

/** @param {string} text */
function readPattern(text) {
	const bare = text.replace(/^`(.*)`$/, "$1").replace(/^\/(.*)\/u?$/, "$1");
	if (bare === "") return undefined;
	if (/^\/.*\/[a-z]+$/.test(text)) return new Error("flags are not supported: write the pattern without slashes");
	try {
		new RegExp(bare, "u");
		return bare;
	} catch (e) {
		return new Error(`not a regular expression: ${String(e).split(": ").at(-1)?.toLowerCase()}`);
	}
}

/** @param {string} text */
function readJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/**
 * The constraint that a name was probably meant to be; "" when it looks like one but has no counterpart.
 * @param {string} name
 * @returns {string | undefined}
 */
function suggestion(name) {
	if (documentationTags.has(name)) return undefined;
	const key = name.toLowerCase().replace(/[-_]/g, "");
	if (Object.hasOwn(lookAlikes, key)) return lookAlikes[key];
	return Object.keys(constraintTags).find((known) => editDistance(known.toLowerCase(), key) <= (known.length > 5 ? 2 : 1));
}

/** Levenshtein. @param {string} a @param {string} b */
function editDistance(a, b) {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap);
		}
		row = next;
	}
	return row[b.length] ?? 0;
}
