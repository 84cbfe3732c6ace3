// The subset of JSON Schema 2020-12 that the compiler writes, and small helpers over it.

/**
 * @typedef {{ [keyword: string]: any } & {
 *   $ref?: string, $defs?: Record<string, Schema>,
 *   type?: string | string[], enum?: unknown[], const?: unknown,
 *   properties?: Record<string, Schema>, required?: string[], additionalProperties?: boolean | Schema,
 *   items?: boolean | Schema, prefixItems?: Schema[],
 *   anyOf?: Schema[], oneOf?: Schema[], allOf?: Schema[],
 * }} Schema
 */

/** Whether a schema admits JSON values of the kind. @param {Schema} schema @param {string} kind */
export function hasType(schema, kind) {
	return Array.isArray(schema.type) ? schema.type.includes(kind) : schema.type === kind;
}

/** Key order does not matter. @param {unknown} value @returns {string} */
export function canonical(value) {
	if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
	if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
	const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(",")}}`;
}

/** Calls visit for the schema and all schemas inside it. @param {Schema} schema @param {(s: Schema) => void} visit */
export function walkSchema(schema, visit) {
	visit(schema);
	for (const key of ["properties", "$defs", "patternProperties"])
		for (const inner of Object.values(schema[key] ?? {})) walkSchema(inner, visit);
	for (const key of ["prefixItems", "anyOf", "oneOf", "allOf"])
		for (const inner of schema[key] ?? []) walkSchema(inner, visit);
	for (const key of ["items", "additionalProperties", "propertyNames"])
		if (typeof schema[key] === "object") walkSchema(schema[key], visit);
}
