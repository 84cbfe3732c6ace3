// How an input arrives over HTTP: path parameters must be members of it, and what comes in a path or a query is text
// that must be readable as the member's type.
import { pathParameters } from "./app.mjs";
import { hasType } from "./schema/types.mjs";

/**
 * @typedef {import("./schema/types.mjs").Schema} Schema
 * @typedef {import("typescript").Node} Node
 */

const bodiless = new Set(["GET", "HEAD", "DELETE"]);

/** @param {string} method */
export function hasBody(method) {
	return !bodiless.has(method.toUpperCase());
}

/**
 * @param {Schema} input
 * @param {{ method: string, path: string }} http
 * @param {Node} node
 * @param {string} name
 * @param {import("./diagnostics.mjs").Diagnostics} diagnostics
 */
export function checkHttp(input, http, node, name, diagnostics) {
	const route = `${http.method} ${http.path}`;
	const inPath = pathParameters(http.path);
	const options = objectsOf(input, input);
	for (const parameter of inPath) {
		const missing = options.some((o) => !o.properties?.[parameter] || !o.required?.includes(parameter));
		if (missing)
			diagnostics.at(node, "http/path", `${route}: the input of ${name} has no required member "${parameter}"`,
				`Add ${parameter}: string to the input, or rename {${parameter}} in ward.yaml.`);
		else if (!options.every((o) => isTextual(o.properties?.[parameter], input, false)))
			diagnostics.at(node, "http/path", `${route}: "${parameter}" cannot be read from a path`, "A path parameter is a string, number, boolean, Date or a set of literals.");
	}
	if (hasBody(http.method)) return;
	for (const option of options) {
		for (const [member, schema] of Object.entries(option.properties ?? {}))
			if (!inPath.includes(member) && !isTextual(schema, input, true))
				diagnostics.at(node, "http/query", `${route}: "${member}" cannot be read from a query`, `${http.method} has no body: use POST, or a string, number, boolean, Date, literals, or an array of these.`);
		if (typeof option.additionalProperties === "object")
			diagnostics.at(node, "http/query", `${route}: a Record cannot be read from a query`, "Name the members.");
	}
}

/** Names of the members that are files, or lists of them. @param {Schema} input @returns {string[]} */
export function filesOf(input) {
	if (input["x-ward-file"]) return [];
	const file = (/** @type {Schema} */ s) => s["x-ward-file"] ?? (typeof s.items === "object" ? s.items["x-ward-file"] : undefined);
	return Object.entries(input.properties ?? {}).filter(([, s]) => file(s)).map(([name]) => name);
}

/** The object types that an input can be. @param {Schema} schema @param {Schema} root @returns {Schema[]} */
export function objectsOf(schema, root) {
	const options = schema.anyOf ?? schema.oneOf;
	if (options) return options.flatMap((o) => objectsOf(o, root));
	const target = schema.$ref ? root.$defs?.[schema.$ref.slice("#/$defs/".length)] : undefined;
	return target ? objectsOf(target, root) : [schema];
}

/** @param {Schema | undefined} schema @param {Schema} root @param {boolean} arrays @returns {boolean} */
function isTextual(schema, root, arrays) {
	if (!schema) return false;
	const options = schema.anyOf ?? schema.oneOf;
	if (options) return options.every((o) => isTextual(o, root, arrays));
	if (schema.$ref) return isTextual(root.$defs?.[schema.$ref.slice("#/$defs/".length)], root, arrays);
	if (arrays && hasType(schema, "array")) return typeof schema.items === "object" && !schema.prefixItems && isTextual(schema.items, root, false);
	return ["string", "number", "integer", "boolean"].some((t) => hasType(schema, t));
}
