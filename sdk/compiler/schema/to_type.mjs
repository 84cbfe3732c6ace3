// JSON Schema back to TypeScript, for declarations and clients that do not see the author's sources.

/**
 * @typedef {import("./types.mjs").Schema} Schema
 * @typedef {object} TypeOptions
 * @property {(name: string) => string} [ref] the name of a $defs entry; as it is when absent
 * @property {string} [indent]
 * @property {boolean} [bare] without descriptions
 * @property {boolean} [client] as callers see it: a file is what they send
 */

/** @param {Schema | boolean | undefined} schema @param {TypeOptions} [options] @returns {string} */
export function typeText(schema, options = {}) {
	if (schema === true || schema === undefined) return "unknown";
	if (schema === false) return "never";
	if (schema.$ref) {
		const name = schema.$ref.replace("#/$defs/", "");
		return options.ref ? options.ref(name) : name;
	}
	if (schema["x-ward-file"] && options.client) return "Blob";
	if ("const" in schema) return JSON.stringify(schema.const);
	if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(" | ");
	const union = schema.anyOf ?? schema.oneOf;
	if (union) return unique(union.map((s) => typeText(s, options))).join(" | ");
	if (schema.allOf) return schema.allOf.map((s) => typeText(s, options)).join(" & ");
	if (Array.isArray(schema.type)) {
		return unique(schema.type.map((type) => typeText({ ...schema, type }, options))).join(" | ");
	}
	return ofType(schema, options);
}

/** @param {Schema} schema @param {TypeOptions} options @returns {string} */
function ofType(schema, options) {
	switch (schema.type) {
		case "string":
			return stringType(schema["x-ward-type"]);
		case "integer":
		case "number":
			return "number";
		case "boolean":
		case "null":
			return /** @type {string} */ (schema.type);
		case "array":
			return arrayText(schema, options);
		case "object":
			return objectText(schema, options);
		default:
			return "unknown";
	}
}

/** @param {unknown} wardType */
function stringType(wardType) {
	return wardType === "date" ? "Date" : wardType === "bigint" ? "bigint" : wardType === "bytes" ? "Uint8Array" : "string";
}

/** @param {Schema} schema @param {TypeOptions} options */
function arrayText(schema, options) {
	if (!schema.prefixItems) return `Array<${typeText(schema.items, options)}>`;
	const least = schema.minItems ?? 0;
	const parts = schema.prefixItems.map((s, i) => (i < least ? typeText(s, options) : `(${typeText(s, options)})?`));
	if (schema.items !== false) parts.push(`...Array<${typeText(schema.items, options)}>`);
	return `[${parts.join(", ")}]`;
}

/** @param {Schema} schema @param {TypeOptions} options */
function objectText(schema, options) {
	const entries = Object.entries(schema.properties ?? {});
	const open = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
	const record = open ? `Record<string, ${typeText(open, options)}>` : "";
	if (entries.length === 0) return record || "Record<string, never>";
	const indent = options.indent ?? "";
	const inner = { ...options, indent: `${indent}\t` };
	const lines = entries.map(([name, s]) => {
		const mark = schema.required?.includes(name) ? "" : "?";
		return `${options.bare ? "" : docText(s, inner.indent)}${inner.indent}${propertyName(name)}${mark}: ${typeText(s, inner)};\n`;
	});
	const text = `{\n${lines.join("")}${indent}}`;
	return record ? `${text} & ${record}` : text;
}

/** @param {Schema} schema @param {string} indent */
export function docText(schema, indent) {
	const description = typeof schema.description === "string" ? schema.description.replaceAll("*/", "*\\/") : "";
	const text = [description, schema.deprecated ? "@deprecated" : ""].filter(Boolean).join(" ");
	return text ? `${indent}/** ${text} */\n` : "";
}

/** @param {string} name */
export function propertyName(name) {
	return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** @param {string[]} texts */
function unique(texts) {
	return [...new Set(texts.flatMap((t) => (t.includes("{") || t.includes("<") || t.includes("[") ? [t] : t.split(" | "))))];
}
