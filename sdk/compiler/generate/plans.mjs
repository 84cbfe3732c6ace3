// How a client turns parsed JSON into what the types promise: dates, bigints and bytes travel as strings. A plan names the
// places; a type without any has none. Where a union does not tell which option came, its strings stay strings, and
// clientSchema() makes the type say so.
import { hasType } from "../schema/types.mjs";

/**
 * @typedef {import("../schema/types.mjs").Schema} Schema
 * @typedef {"date" | "bigint" | "bytes"
 *   | { items: Plan } | { tuple: (Plan | null)[] } | { values: Plan } | { members: Record<string, Plan> }
 *   | { tag: string, options: Record<string, Plan> } | { ref: string }} Plan
 */

export class Planner {
	/** @param {Map<string, Schema>} types named types, as from nameTypes() */
	constructor(types) {
		this.types = types;
		/** @type {Map<string, boolean>} whether a named type has anything to convert */
		this.known = new Map();
		/** @type {Record<string, Plan>} of named types */
		this.named = {};
	}

	/** @param {Schema} schema @returns {Plan | undefined} */
	plan(schema) {
		if (schema.$ref) return this.ofName(schema.$ref.slice("#/$defs/".length));
		const wardType = schema["x-ward-type"];
		if (wardType === "date" || wardType === "bigint" || wardType === "bytes") return wardType;
		const options = schema.anyOf ?? schema.oneOf;
		if (options) return this.ofUnion(schema, options);
		return hasType(schema, "array") ? this.ofArray(schema) : this.ofObject(schema);
	}

	/** @param {string} name @returns {Plan | undefined} */
	ofName(name) {
		if (!this.known.has(name)) {
			// A type that refers to itself converts if anything else in it does; so assume not, and look.
			this.known.set(name, false);
			const schema = this.types.get(name) ?? {};
			if (this.plan(schema)) {
				this.known.set(name, true);
				const plan = this.plan(schema);
				if (plan) this.named[name] = plan;
			}
		}
		return this.known.get(name) ? { ref: name } : undefined;
	}

	/** @param {Schema} schema @param {Schema[]} options @returns {Plan | undefined} */
	ofUnion(schema, options) {
		const tag = schema.discriminator?.propertyName ?? commonTag(options, this.types);
		const planned = options.filter((o) => this.plan(o));
		if (planned.length === 0) return undefined;
		if (tag) {
			const entries = options.flatMap((o) => {
				const plan = this.plan(o);
				return plan ? [/** @type {[string, Plan]} */ ([tagValue(o, tag, this.types), plan])] : [];
			});
			return { tag, options: Object.fromEntries(entries) };
		}
		const [only] = planned;
		return only && isTellable(only, options, this.types) ? this.plan(only) : undefined;
	}

	/** @param {Schema} schema @returns {Plan | undefined} */
	ofArray(schema) {
		if (schema.prefixItems) {
			const tuple = schema.prefixItems.map((s) => this.plan(s) ?? null);
			return tuple.some((p) => p !== null) ? { tuple } : undefined;
		}
		const items = typeof schema.items === "object" ? this.plan(schema.items) : undefined;
		return items ? { items } : undefined;
	}

	/** @param {Schema} schema @returns {Plan | undefined} */
	ofObject(schema) {
		const entries = Object.entries(schema.properties ?? {}).flatMap(([name, s]) => {
			const plan = this.plan(s);
			return plan ? [/** @type {[string, Plan]} */ ([name, plan])] : [];
		});
		if (entries.length > 0) return { members: Object.fromEntries(entries) };
		const values = typeof schema.additionalProperties === "object" ? this.plan(schema.additionalProperties) : undefined;
		return values ? { values } : undefined;
	}

	/** The schema as a client sees it: strings that are not converted are plain strings. @param {Schema} schema @returns {Schema} */
	clientSchema(schema) {
		const options = schema.anyOf ?? schema.oneOf;
		if (!options || this.ofUnion(schema, options) !== undefined) return mapParts(schema, (s) => this.clientSchema(s));
		return mapParts(schema, (s) => (s["x-ward-type"] ? { type: "string" } : this.clientSchema(s)));
	}
}

/** @param {Schema} schema @param {(s: Schema) => Schema} change @returns {Schema} */
function mapParts(schema, change) {
	/** @type {Schema} */
	const copy = { ...schema };
	if (copy.properties) copy.properties = Object.fromEntries(Object.entries(copy.properties).map(([k, s]) => [k, change(s)]));
	for (const key of ["prefixItems", "anyOf", "oneOf", "allOf"]) if (copy[key]) copy[key] = copy[key].map(change);
	for (const key of ["items", "additionalProperties"]) if (typeof copy[key] === "object") copy[key] = change(copy[key]);
	return copy;
}

/** @param {Schema} schema @param {Map<string, Schema>} types @returns {Schema} */
function resolve(schema, types) {
	return schema.$ref ? (types.get(schema.$ref.slice("#/$defs/".length)) ?? {}) : schema;
}

/** @param {Schema[]} options @param {Map<string, Schema>} types @returns {string | undefined} */
function commonTag(options, types) {
	const objects = options.filter((o) => o.type !== "null").map((o) => resolve(o, types));
	if (objects.length < 2) return undefined;
	return Object.keys(objects[0]?.properties ?? {}).find((name) => objects.every((o) => typeof o.properties?.[name]?.const === "string"));
}

/** @param {Schema} option @param {string} tag @param {Map<string, Schema>} types @returns {string} */
function tagValue(option, tag, types) {
	return String(resolve(option, types).properties?.[tag]?.const);
}

/** Whether a value of the option cannot be one of another. @param {Schema} only @param {Schema[]} options @param {Map<string, Schema>} types */
function isTellable(only, options, types) {
	/** @param {Schema} s @returns {string[]} */
	const kinds = (s) => {
		const r = resolve(s, types);
		const parts = r.anyOf ?? r.oneOf;
		return parts ? parts.flatMap(kinds) : [r.type ?? "string"].flat();
	};
	const mine = kinds(only);
	return options.every((o) => o === only || kinds(o).every((k) => k === "null" || !mine.includes(k)));
}
