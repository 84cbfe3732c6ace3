// Unions: literals become enums, null becomes a type beside the others, objects told apart by a literal member become
// oneOf with that member named as the discriminator. The checker orders a union's members by when it met them, which
// any other file can change; so they are sorted here, and a contract changes only when its types do.
import ts from "../typescript.mjs";
import { inWords } from "./apply_tags.mjs";
import { numberLiteral } from "./extract.mjs";
import { canonical } from "./types.mjs";

/**
 * @typedef {import("./types.mjs").Schema} Schema
 * @typedef {import("./extract.mjs").Extractor} Extractor
 * @typedef {import("./extract.mjs").Place} Place
 */

/** @param {Extractor} extractor @param {readonly ts.Type[]} types @param {Place} place @returns {Schema} */
export function unionSchema(extractor, types, place) {
	/** @param {ts.TypeFlags} flags */
	const of = (flags) => types.filter((t) => t.flags & flags);
	const strings = of(ts.TypeFlags.StringLiteral).map((t) => /** @type {ts.StringLiteralType} */ (t).value).sort();
	const numbers = of(ts.TypeFlags.NumberLiteral).map((t) => /** @type {ts.NumberLiteralType} */ (t).value).sort((a, b) => a - b);
	const booleans = of(ts.TypeFlags.BooleanLiteral);
	const others = types.filter((t) => !(t.flags & (ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral | ts.TypeFlags.BooleanLiteral | ts.TypeFlags.Null)));
	/** @type {Schema[]} */
	const parts = [];
	if (strings.length > 0) parts.push(strings.length === 1 ? { type: "string", const: strings[0] } : { type: "string", enum: strings });
	if (numbers.length > 0) parts.push(numberSet(numbers));
	if (booleans.length === 2) parts.push({ type: "boolean" });
	else if (booleans[0]) parts.push(extractor.convert(booleans[0], place));
	parts.push(...others.map((t) => extractor.convert(t, place)));
	const byText = new Map(parts.map((p) => [canonical(p), p]));
	const distinct = withoutCovered([...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, p]) => p));
	const twins = lookAlike(distinct);
	if (twins) return extractor.refuse(place, "type/ambiguous", `${twins} look the same in JSON, so that none can tell which came`, "Use one of them, or put each into an object with a literal member that tells.");
	const nullable = types.some((t) => t.flags & ts.TypeFlags.Null);
	const [first] = distinct;
	if (distinct.length === 1 && first) return nullable ? orNull(first) : first;
	const tag = discriminator(extractor, distinct);
	const options = nullable ? [...distinct, { type: "null" }] : distinct;
	return tag && !nullable ? { oneOf: options, discriminator: { propertyName: tag } } : { anyOf: options };
}

/** @param {number[]} values @returns {Schema} */
function numberSet(values) {
	const [first] = values;
	if (values.length === 1 && first !== undefined) return numberLiteral(first);
	return { type: values.every(Number.isSafeInteger) ? "integer" : "number", enum: values };
}

/**
 * Two parts that are both strings on the wire, one of them a Date, bigint or Uint8Array in the function. Literals are told apart.
 * @param {Schema[]} parts
 * @returns {string | undefined} the two in words
 */
function lookAlike(parts) {
	const strings = parts.filter((p) => p.type === "string" && !p.enum && !("const" in p));
	if (strings.length < 2 || !strings.some((p) => p["x-ward-type"])) return undefined;
	return strings.map(inWords).join(" and ");
}

/** `"a" | (string & {})` is string. @param {Schema[]} parts */
function withoutCovered(parts) {
	const bare = (/** @type {string} */ type) => parts.some((p) => p.type === type && Object.keys(p).length === 1);
	return parts.filter((p) => !(("enum" in p || "const" in p) &&
		((p.type === "string" && bare("string")) || ((p.type === "integer" || p.type === "number") && bare("number")))));
}

/** @param {Schema} schema @returns {Schema} */
export function orNull(schema) {
	if (typeof schema.type === "string" && !schema.anyOf && !schema.oneOf && !schema.$ref) {
		if ("const" in schema) {
			const { const: only, ...rest } = schema;
			return { ...rest, type: [schema.type, "null"], enum: [only, null] };
		}
		return { ...schema, type: [schema.type, "null"], ...(schema.enum ? { enum: [...schema.enum, null] } : {}) };
	}
	if (schema.anyOf) return { ...schema, anyOf: [...schema.anyOf, { type: "null" }] };
	return { anyOf: [schema, { type: "null" }] };
}

/**
 * The member whose literal tells the options apart, if there is one.
 * @param {Extractor} extractor
 * @param {Schema[]} options
 */
function discriminator(extractor, options) {
	const objects = options.map((o) => (o.$ref ? extractor.resolve(o.$ref) ?? {} : o));
	if (objects.length < 2 || !objects.every((o) => o.type === "object" && o.properties)) return undefined;
	return Object.keys(objects[0]?.properties ?? {}).find((name) => {
		const values = objects.map((o) => (o.required?.includes(name) ? o.properties?.[name]?.const : undefined));
		return values.every((v) => typeof v === "string") && new Set(values).size === values.length;
	});
}
