// Puts constraint tags on a schema: on the parts of it that they fit, or refuses them at their place.
import { constraintTags, fitsInWords } from "./tag_table.mjs";
import { canonical, hasType } from "./types.mjs";

/**
 * @typedef {import("./types.mjs").Schema} Schema
 * @typedef {import("./tags.mjs").Tag} Tag
 * @typedef {import("../diagnostics.mjs").Diagnostics} Diagnostics
 */

/**
 * @param {Schema} schema a schema of its own (not shared), changed in place
 * @param {Tag[]} tags
 * @param {(ref: string) => Schema | undefined} resolve what a $ref of ours stands for
 * @param {Diagnostics} diagnostics
 */
export function applyTags(schema, tags, resolve, diagnostics) {
	for (const tag of tags) {
		const row = /** @type {import("./tag_table.mjs").TagRow} */ (constraintTags[tag.name]);
		const targets = row.fits === "any" ? [schema] : fitting(schema, row.fits, resolve);
		if (targets.length === 0) {
			refuse(diagnostics, tag, `@${tag.name} is for ${fitsInWords[row.fits]}; this is ${inWords(schema)}`, hintFor(schema, row.fits));
			continue;
		}
		for (const target of targets) put(target, tag, row, diagnostics);
	}
	if (tags.length > 0) contradictions(schema, tags, diagnostics);
}

/** @param {Diagnostics} diagnostics @param {Tag} tag @param {string} message @param {string} [hint] */
function refuse(diagnostics, tag, message, hint) {
	diagnostics.atOffset(tag.source, tag.start, tag.length, "type/tag", message, hint);
}

/**
 * The parts of a schema that hold values of a kind. Literals are already as narrow as can be, and the text of dates,
 * bigints and bytes is ours to check.
 * @param {Schema} schema
 * @param {import("./tag_table.mjs").Fits} kind
 * @param {(ref: string) => Schema | undefined} resolve
 * @returns {Schema[]}
 */
function fitting(schema, kind, resolve) {
	const options = schema.anyOf ?? schema.oneOf;
	if (options) return options.flatMap((option) => fitting(option, kind, resolve));
	if (schema.$ref) {
		const target = resolve(schema.$ref);
		// Keywords beside $ref count in 2020-12, so a shared definition stays as it is.
		return target && fitting(target, kind, () => undefined).length > 0 ? [schema] : [];
	}
	if (schema.enum || "const" in schema || schema["x-ward-type"]) return [];
	const matches = kind === "number" ? hasType(schema, "number") || hasType(schema, "integer") : hasType(schema, kind);
	return matches ? [schema] : [];
}

/** @param {Schema} schema @param {Tag} tag @param {import("./tag_table.mjs").TagRow} row @param {Diagnostics} diagnostics */
function put(schema, tag, row, diagnostics) {
	if (tag.name === "integer") {
		schema.type = Array.isArray(schema.type) ? schema.type.map((t) => (t === "number" ? "integer" : t)) : "integer";
		return;
	}
	const value = row.keyword === "x-ward-text" ? (tag.name === "rawText" ? "any" : "multiline") : tag.value;
	const before = schema[row.keyword];
	if (before !== undefined && canonical(before) !== canonical(value) && !isTighter(before, value, row.tighter)) {
		refuse(diagnostics, tag, `@${tag.name} ${String(value)} loosens or contradicts the type's own ${row.keyword} ${String(before)}`,
			"A property can narrow its type's constraints, not widen them.");
		return;
	}
	schema[row.keyword] = value;
}

/** @param {unknown} before @param {unknown} after @param {"higher" | "lower" | "same"} direction */
function isTighter(before, after, direction) {
	const [a, b] = [Number(before), Number(after)];
	return direction === "higher" ? b > a : direction === "lower" ? b < a : false;
}

/** @type {[string, string, (low: number, high: number) => boolean][]} */
const pairs = [
	["minLength", "maxLength", (low, high) => low > high],
	["minItems", "maxItems", (low, high) => low > high],
	["minProperties", "maxProperties", (low, high) => low > high],
	["minimum", "maximum", (low, high) => low > high],
	["exclusiveMinimum", "maximum", (low, high) => low >= high],
	["minimum", "exclusiveMaximum", (low, high) => low >= high],
	["exclusiveMinimum", "exclusiveMaximum", (low, high) => low >= high],
];

/** Constraints that no value meets. @param {Schema} schema @param {Tag[]} tags @param {Diagnostics} diagnostics */
function contradictions(schema, tags, diagnostics) {
	for (const part of [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
		for (const [low, high, impossible] of pairs)
			if (low in part && high in part && impossible(part[low], part[high])) {
				const tag = tags.find((t) => t.name === low || t.name === high) ?? tags[0];
				if (tag) refuse(diagnostics, tag, `no value meets ${low} ${part[low]} and ${high} ${part[high]}`);
			}
}

/** @param {Schema} schema @returns {string} */
export function inWords(schema) {
	const special = new Map([["date", "a Date"], ["bigint", "a bigint"], ["bytes", "a Uint8Array"]]).get(schema["x-ward-type"]);
	if (special) return special;
	if (schema.enum || "const" in schema) return "a set of literals";
	if (schema.anyOf || schema.oneOf) return "a union of other types";
	if (schema.$ref) return "an object";
	const type = Array.isArray(schema.type) ? schema.type.find((t) => t !== "null") : schema.type;
	return type === "object" || type === "array" || type === "integer" ? `an ${type}` : `a ${type}`;
}

/** @param {Schema} schema @param {string} kind */
function hintFor(schema, kind) {
	if (hasType(schema, "array") && kind !== "object")
		return "To constrain the items, give their type a name and put the tag there: /** @maxLength 64 */ type Name = string.";
	if (schema.enum || "const" in schema) return "Literals need no further constraint.";
	if (schema["x-ward-type"] === "date") return "Compare dates in the function and throw a declared error.";
	return "";
}
