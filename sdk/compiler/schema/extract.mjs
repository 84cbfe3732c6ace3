// TypeScript types to JSON Schema 2020-12, through the checker: what a type means counts, not how it is written.
// What cannot be checked at run time is refused at its place with a hint; nothing becomes "anything goes".
import ts from "../typescript.mjs";
import { applyTags } from "./apply_tags.mjs";
import { applyIndexed } from "./indexed.mjs";
import { arraySchema, objectSchema } from "./containers.mjs";
import { FILE_BYTES_MAX, refusalOf, specialSchema } from "./refusals.mjs";
import { docOf } from "./tags.mjs";
import { templatePattern } from "./template.mjs";
import { unionSchema } from "./unions.mjs";

/**
 * @typedef {import("./types.mjs").Schema} Schema
 * @typedef {import("./tags.mjs").Doc} Doc
 *
 * @typedef {object} Place where a type was met
 * @property {ts.Node} node for messages
 * @property {string} path "input.items[].price"
 * @property {number} depth
 *
 * @typedef {object} Definition a named or recursive type
 * @property {string} name
 * @property {Schema} schema
 * @property {number} uses
 * @property {boolean} recursive
 */

const DEPTH_MAX = 40;

export class Extractor {
	/**
	 * @param {ts.Program} program
	 * @param {import("../diagnostics.mjs").Diagnostics} diagnostics
	 */
	constructor(program, diagnostics) {
		this.program = program;
		this.checker = program.getTypeChecker();
		this.diagnostics = diagnostics;
		/** @type {Map<ts.Type, Definition>} of the root that is being extracted */
		this.definitions = new Map();
		/** @type {Set<string>} */
		this.names = new Set();
		/** @type {Set<ts.Type>} */
		this.open = new Set();
		this.endless = false;
	}

	/**
	 * One schema that stands for itself. Undefined after a refusal, which has been reported.
	 * @param {ts.Type} type
	 * @param {ts.Node} node
	 * @param {string} path
	 * @param {ts.TypeNode} [written] how the author wrote the type
	 * @returns {Schema | undefined}
	 */
	root(type, node, path, written) {
		this.definitions = new Map();
		this.names = new Set();
		this.open = new Set();
		this.endless = false;
		const before = this.diagnostics.findings.length;
		const schema = this.convert(type, { node, path, depth: 0 });
		applyIndexed(this, schema, written);
		return this.diagnostics.findings.length > before ? undefined : withDefinitions(schema, [...this.definitions.values()]);
	}

	/**
	 * A schema of the caller's own, to be changed at will.
	 * @param {ts.Type} type
	 * @param {Place} place
	 * @returns {Schema}
	 */
	convert(type, place) {
		if (this.endless) return { not: {} };
		if (place.depth > DEPTH_MAX) {
			this.endless = true;
			const path = place.path.split(".").slice(0, 3).join(".");
			return this.refuse({ ...place, path }, "type/endless", "the type does not come to an end", "Each level of it is a new type; let it refer to itself instead.");
		}
		const known = this.definitions.get(type);
		if (known) return this.reference(known, this.open.has(type));
		const name = this.nameOf(type);
		if (!name && !mayRecurse(type)) return this.convertTagged(type, place);
		const definition = this.define(type, name ?? "Type");
		this.open.add(type);
		definition.schema = this.convertTagged(type, place);
		this.open.delete(type);
		if (name || definition.recursive) return this.reference(definition, false);
		this.definitions.delete(type);
		this.names.delete(definition.name);
		return definition.schema;
	}

	/** @param {ts.Type} type @param {string} name @returns {Definition} */
	define(type, name) {
		let unique = name;
		for (let i = 2; this.names.has(unique); i++) unique = `${name}${i}`;
		this.names.add(unique);
		const definition = { name: unique, schema: isObjectLike(type) ? { type: "object" } : {}, uses: 0, recursive: false };
		this.definitions.set(type, definition);
		return definition;
	}

	/** @param {Definition} definition @param {boolean} recursive @returns {Schema} */
	reference(definition, recursive) {
		definition.uses++;
		if (recursive) definition.recursive = true;
		return { $ref: `#/$defs/${definition.name}` };
	}

	/** @param {string} ref */
	resolve(ref) {
		const name = ref.slice("#/$defs/".length);
		return [...this.definitions.values()].find((d) => d.name === name)?.schema;
	}

	/** The type with what its alias's tags say. @param {ts.Type} type @param {Place} place @returns {Schema} */
	convertTagged(type, place) {
		const schema = this.convertBare(type, place);
		for (const alias of aliasesOf(type)) {
			const doc = this.aliasDoc(alias);
			applyTags(schema, doc.tags, (ref) => this.resolve(ref), this.diagnostics);
			describe(schema, doc);
		}
		const declared = interfaceDeclaration(type);
		if (declared && !type.aliasSymbol && !schema["x-ward-output"] && !this.program.isSourceFileDefaultLibrary(declared.getSourceFile())) {
			const doc = docOf(declared, this.diagnostics);
			applyTags(schema, doc.tags, (ref) => this.resolve(ref), this.diagnostics);
			describe(schema, doc);
		}
		return schema;
	}

	/**
	 * Tags of an alias and of the aliases that it stands for: type Email = Text.
	 * @param {ts.Symbol} alias
	 * @returns {Doc}
	 */
	aliasDoc(alias) {
		/** @type {Doc} */
		const all = { description: "", deprecated: false, tags: [] };
		const seen = new Set();
		for (let at = /** @type {ts.Symbol | undefined} */ (alias); at && !seen.has(at); ) {
			seen.add(at);
			const declaration = at.declarations?.find(ts.isTypeAliasDeclaration);
			if (!declaration || this.program.isSourceFileDefaultLibrary(declaration.getSourceFile())) break;
			const doc = docOf(declaration, this.diagnostics);
			all.description ||= doc.description;
			all.deprecated ||= doc.deprecated;
			all.tags.unshift(...doc.tags);
			at = this.aliasOfNode(declaration.type);
		}
		return all;
	}

	/** The alias that a type node names, if it names one. @param {ts.TypeNode} node @returns {ts.Symbol | undefined} */
	aliasOfNode(node) {
		if (ts.isParenthesizedTypeNode(node)) return this.aliasOfNode(node.type);
		if (ts.isIntersectionTypeNode(node)) return node.types[0] && this.aliasOfNode(node.types[0]);
		if (!ts.isTypeReferenceNode(node)) return undefined;
		const symbol = this.checker.getSymbolAtLocation(node.typeName);
		const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
		return target && target.flags & ts.SymbolFlags.TypeAlias ? target : undefined;
	}

	/** @param {ts.Type} type @param {Place} place @returns {Schema} */
	convertBare(type, place) {
		const refusal = refusalOf(type, this.program);
		if (refusal) return this.refuse(place, refusal.code, refusal.message, refusal.hint);
		const f = type.flags;
		if (f & ts.TypeFlags.Union) return unionSchema(this, /** @type {ts.UnionType} */ (type).types, place);
		if (f & ts.TypeFlags.StringLiteral) return { type: "string", const: /** @type {ts.StringLiteralType} */ (type).value };
		if (f & ts.TypeFlags.NumberLiteral) return numberLiteral(/** @type {ts.NumberLiteralType} */ (type).value);
		if (f & ts.TypeFlags.BooleanLiteral) return { type: "boolean", const: this.checker.typeToString(type) === "true" };
		if (f & ts.TypeFlags.String) return { type: "string" };
		if (f & ts.TypeFlags.Number) return { type: "number" };
		if (f & ts.TypeFlags.Boolean) return { type: "boolean" };
		if (f & ts.TypeFlags.Null) return { type: "null" };
		if (f & ts.TypeFlags.BigInt) return { type: "string", pattern: "^-?[0-9]+$", "x-ward-type": "bigint" };
		if (f & ts.TypeFlags.TemplateLiteral) return templatePattern(this, /** @type {ts.TemplateLiteralType} */ (type), place);
		if (f & ts.TypeFlags.Intersection) return this.convertIntersection(/** @type {ts.IntersectionType} */ (type), place);
		if (f & ts.TypeFlags.Object) return this.convertObject(type, place);
		return this.refuse(place, "type/unsupported", `${this.text(type)} has no form in JSON`);
	}

	/**
	 * Brands are phantoms: of `string & { __brand: "Email" }` the string crosses the boundary, nothing else.
	 * @param {ts.IntersectionType} type
	 * @param {Place} place
	 * @returns {Schema}
	 */
	convertIntersection(type, place) {
		const real = type.types.filter((t) => !isTagCarrier(t));
		const valued = real.find((t) => !(t.flags & ts.TypeFlags.Object) || this.isValueObject(t));
		if (valued) return this.convert(valued, place);
		if (real.length === 1 && real[0]) return this.convert(real[0], place);
		return objectSchema(this, type, place);
	}

	/** @param {ts.Type} type */
	isValueObject(type) {
		return this.checker.isArrayType(type) || this.checker.isTupleType(type) || specialSchema(type, this.program) !== undefined;
	}

	/** @param {ts.Type} type @param {Place} place @returns {Schema} */
	convertObject(type, place) {
		const special = specialSchema(type, this.program);
		if (special?.["x-ward-output"] && place.path !== "output")
			return this.refuse(place, "type/output", `${type.symbol.name} can only be the whole result of a function`, "Return it alone, or Html | Redirect.");
		if (special?.["x-ward-file"]) return this.convertFile(special, place);
		if (special) return special;
		if (this.checker.isArrayType(type) || this.checker.isTupleType(type))
			return arraySchema(this, /** @type {ts.TypeReference} */ (type), place);
		return objectSchema(this, type, place);
	}

	/** A file stands where a form can bring it: the input, a member of it, an item of a list that is a member. @param {Schema} file @param {Place} place @returns {Schema} */
	convertFile(file, place) {
		const { maxBytes } = file["x-ward-file"];
		if (!/^input(\.[^.[\]]+(\[\])?)?$/.test(place.path))
			return this.refuse(place, "type/file", "a file can only be the input, a member of it, or an item of a list that is a member", "Functions answer with data; keep files where they are served from.");
		if (maxBytes < 1 || maxBytes > FILE_BYTES_MAX)
			return this.refuse(place, "type/file", "File needs its types and its size as literals", `File<"image/png" | "image/jpeg", { maxBytes: 5_000_000 }>, at most ${FILE_BYTES_MAX} bytes.`);
		return file;
	}

	/**
	 * @param {Place} place
	 * @param {string} code
	 * @param {string} message
	 * @param {string} [hint]
	 * @returns {Schema} matches nothing; the build has failed
	 */
	refuse(place, code, message, hint) {
		this.diagnostics.at(place.node, code, `${place.path}: ${message}`, hint);
		return { not: {} };
	}

	/** @param {ts.Type} type */
	text(type) {
		return this.checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation).slice(0, 200);
	}

	/** The name by which readers know the type, for what deserves a definition. @param {ts.Type} type */
	nameOf(type) {
		if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection | ts.TypeFlags.Union))) return undefined;
		if (type.flags & ts.TypeFlags.Union && !(/** @type {ts.UnionType} */ (type).types.some(isStructure))) return undefined;
		if (type.flags & ts.TypeFlags.Intersection && !(/** @type {ts.IntersectionType} */ (type).types.every(isObjectLike))) return undefined;
		if (isObjectLike(type) && this.isValueObject(type)) return undefined;
		const symbol = type.aliasSymbol ?? (type.symbol?.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class) ? type.symbol : undefined);
		if (!symbol || isLibrary(symbol, this.program)) return undefined;
		const args = type.aliasSymbol ? type.aliasTypeArguments : this.checker.getTypeArguments(/** @type {ts.TypeReference} */ (type));
		const inner = (args ?? []).map((a) => this.text(a)).filter((a) => /^[\w<>, "|[\]]+$/.test(a) && a !== symbol.name);
		return [symbol.name, ...inner].join("_").replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "").slice(0, 64);
	}
}

/** @param {number} value @returns {Schema} */
export function numberLiteral(value) {
	return { type: Number.isSafeInteger(value) ? "integer" : "number", const: value };
}

/** @param {ts.Type} type */
function mayRecurse(type) {
	return (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Union | ts.TypeFlags.Intersection)) !== 0 &&
		!(type.flags & (ts.TypeFlags.Boolean | ts.TypeFlags.EnumLiteral));
}

/** @param {ts.Type} type */
export function isObjectLike(type) {
	return (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
}

/** An object and no branded string. @param {ts.Type} type @returns {boolean} */
function isStructure(type) {
	return type.flags & ts.TypeFlags.Intersection ? /** @type {ts.IntersectionType} */ (type).types.every(isStructure) : (type.flags & ts.TypeFlags.Object) !== 0;
}

/** What source.mjs adds to an alias, so that the checker keeps its name. @param {ts.Type} type */
function isTagCarrier(type) {
	const names = type.flags & ts.TypeFlags.Object ? type.getProperties() : [];
	return names.length === 1 && names[0]?.name === "__ward_alias";
}

/** @param {ts.Symbol} symbol @param {ts.Program} program */
function isLibrary(symbol, program) {
	const source = symbol.declarations?.[0]?.getSourceFile();
	return source !== undefined && program.isSourceFileDefaultLibrary(source);
}

/**
 * `Kind | null` is flattened by the checker; its origin still knows of Kind.
 * @param {ts.Type} type
 * @returns {ts.Symbol[]}
 */
function aliasesOf(type) {
	if (type.aliasSymbol) return [type.aliasSymbol];
	const origin = /** @type {{ origin?: ts.Type }} */ (/** @type {unknown} */ (type)).origin;
	if (!(type.flags & ts.TypeFlags.Union) || !origin || !(origin.flags & ts.TypeFlags.Union)) return [];
	return /** @type {ts.UnionType} */ (origin).types.flatMap((t) => (t.flags & ts.TypeFlags.Union && t.aliasSymbol ? [t.aliasSymbol] : []));
}

/** @param {ts.Type} type */
function interfaceDeclaration(type) {
	return type.flags & ts.TypeFlags.Object
		? type.symbol?.declarations?.find((d) => ts.isInterfaceDeclaration(d) || ts.isClassDeclaration(d)) : undefined;
}

/** @param {Schema} schema @param {Doc} doc */
export function describe(schema, doc) {
	if (doc.description && !schema.description) schema.description = doc.description;
	if (doc.deprecated) schema.deprecated = true;
}

/**
 * Definitions used once and not recursive go where they are used; the others into $defs.
 * @param {Schema} schema
 * @param {Definition[]} definitions
 * @returns {Schema}
 */
function withDefinitions(schema, definitions) {
	const byRef = new Map(definitions.map((d) => [`#/$defs/${d.name}`, d]));
	/** @type {Definition[]} */
	const kept = [];
	/** @param {any} at @returns {any} */
	const inline = (at) => {
		if (Array.isArray(at)) return at.map(inline);
		if (typeof at !== "object" || at === null) return at;
		const { $ref, ...beside } = at;
		const definition = typeof $ref === "string" ? byRef.get($ref) : undefined;
		const clash = definition && Object.keys(beside).some((key) => key !== "description" && key in definition.schema);
		if (definition && definition.uses === 1 && !definition.recursive && !clash)
			return inline({ title: definition.name, ...definition.schema, ...beside });
		if (definition && !kept.includes(definition)) kept.push(definition);
		return Object.fromEntries(Object.entries(at).map(([key, value]) => [key, isData(key) ? value : inline(value)]));
	};
	const whole = inline(schema);
	/** @type {Record<string, Schema>} */
	const defs = {};
	// Inlining a definition may bring up another one, so the list grows while it is walked.
	for (const definition of kept) defs[definition.name] = inline({ title: definition.name, ...definition.schema });
	if (kept.length > 0) whole.$defs = defs;
	return whole;
}

/** Keywords whose values are no schemas. @param {string} key */
function isData(key) {
	return key === "enum" || key === "const" || key === "default" || key === "required";
}
