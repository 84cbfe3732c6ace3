// Named types of all functions in one name space, for what is generated from the contract as a whole (client, OpenAPI,
// reference). A schema's `title` is its type's name; types of one name and different shape get a number.
import { canonical } from "../schema/types.mjs";

/**
 * @typedef {import("../schema/types.mjs").Schema} Schema
 * @typedef {{ types: Map<string, Schema>, roots: Map<string, Schema> }} NamedTypes roots by label ("pay:input")
 */

/** Keywords that belong to the place where a type is used rather than to the type. */
const ofPlace = ["description", "deprecated", "default", "x-ward-pii", "x-ward-secret"];

/**
 * @param {Iterable<[string, Schema]>} labelled
 * @param {Iterable<string>} reserved names that types must not have
 * @returns {NamedTypes}
 */
export function nameTypes(labelled, reserved = []) {
	const hoist = new Hoist(new Set(reserved));
	/** @type {Map<string, Schema>} */
	const roots = new Map();
	for (const [label, schema] of labelled) roots.set(label, hoist.rewrite(schema, schema.$defs ?? {}));
	return { types: hoist.types, roots };
}

class Hoist {
	/** @param {Set<string>} taken */
	constructor(taken) {
		this.taken = taken;
		/** @type {Map<string, Schema>} */
		this.types = new Map();
		/** @type {Map<string, string>} shape to name */
		this.byShape = new Map();
	}

	/**
	 * @param {Schema} schema
	 * @param {Record<string, Schema>} defs of its root
	 * @returns {Schema}
	 */
	rewrite(schema, defs) {
		const { $defs, $ref, ...beside } = schema;
		if ($ref) {
			const target = defs[$ref.slice("#/$defs/".length)] ?? {};
			return { ...this.inner(beside, defs), $ref: this.name(target, defs) };
		}
		if (typeof beside.title !== "string") return this.inner(beside, defs);
		const place = Object.fromEntries(ofPlace.filter((key) => key in beside).map((key) => [key, beside[key]]));
		return { ...place, $ref: this.name(beside, defs) };
	}

	/** The schema's parts rewritten, itself left in place. @param {Schema} schema @param {Record<string, Schema>} defs @returns {Schema} */
	inner(schema, defs) {
		/** @type {Schema} */
		const copy = { ...schema };
		if (copy.properties) copy.properties = Object.fromEntries(Object.entries(copy.properties).map(([k, s]) => [k, this.rewrite(s, defs)]));
		for (const key of ["prefixItems", "anyOf", "oneOf", "allOf"])
			if (copy[key]) copy[key] = copy[key].map((/** @type {Schema} */ s) => this.rewrite(s, defs));
		for (const key of ["items", "additionalProperties", "propertyNames"])
			if (typeof copy[key] === "object") copy[key] = this.rewrite(copy[key], defs);
		return copy;
	}

	/** @param {Schema} schema @param {Record<string, Schema>} defs @returns {string} a $ref */
	name(schema, defs) {
		const { $defs, ...bare } = schema;
		const shape = canonical(Object.fromEntries(Object.entries(bare).filter(([key]) => !ofPlace.includes(key))));
		const known = this.byShape.get(shape);
		if (known) return `#/$defs/${known}`;
		const title = typeof schema.title === "string" ? schema.title : "Type";
		let name = title;
		for (let i = 2; this.taken.has(name); i++) name = `${title}${i}`;
		this.taken.add(name);
		this.byShape.set(shape, name);
		// In the table before its parts are looked at: they may refer to it.
		this.types.set(name, {});
		this.types.set(name, { ...this.inner(bare, defs), title: name });
		return `#/$defs/${name}`;
	}
}
