// Objects, Records, arrays and tuples.
import ts from "../typescript.mjs";
import { applyTags } from "./apply_tags.mjs";
import { describe } from "./extract.mjs";
import { docOf } from "./tags.mjs";
import { applyIndexed } from "./indexed.mjs";
import { propertyDeclarations } from "./property_origin.mjs";
import { unionSchema } from "./unions.mjs";

/**
 * @typedef {import("./types.mjs").Schema} Schema
 * @typedef {import("./extract.mjs").Place} Place
 * @typedef {import("./extract.mjs").Extractor} Extractor
 */

/** @param {Extractor} extractor @param {ts.Type} type @param {Place} place @returns {Schema} */
export function objectSchema(extractor, type, place) {
	const properties = extractor.checker.getPropertiesOfType(type).filter((p) => p.name !== "__ward_alias");
	const infos = extractor.checker.getIndexInfosOfType(type);
	if (properties.length === 0 && type.flags & ts.TypeFlags.Intersection)
		return extractor.refuse(place, "type/never", "the type resolves to never: no value is of it", "Its parts exclude each other.");
	if (properties.length === 0 && infos.length === 0 && !isWrittenEmpty(type))
		return extractor.refuse(place, "type/empty", `${extractor.text(type)} says nothing: it accepts everything but null`,
			"Name the members; for an object without members write Record<string, never>.");
	/** @type {Schema} */
	const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
	for (const property of properties) addProperty(extractor, schema, type, property, place);
	if (infos.length > 0) addIndex(extractor, schema, infos, place);
	if (properties.length === 0 && schema.additionalProperties !== false) delete schema.properties;
	if (schema.required?.length === 0) delete schema.required;
	return schema;
}

/** A mapped type over no keys, as Pick<T, never>, is deliberately empty; `{}` is not. @param {ts.Type} type */
function isWrittenEmpty(type) {
	return type.flags & ts.TypeFlags.Object && (/** @type {ts.ObjectType} */ (type).objectFlags & ts.ObjectFlags.Mapped) !== 0;
}

/**
 * @param {Extractor} extractor
 * @param {Schema} schema
 * @param {ts.Type} parent
 * @param {ts.Symbol} property
 * @param {Place} place
 */
function addProperty(extractor, schema, parent, property, place) {
	const declarations = propertyDeclarations(extractor, property);
	const own = declarations.find((d) => !d.getSourceFile().isDeclarationFile);
	const node = own ? (ts.getNameOfDeclaration(own) ?? own) : place.node;
	const inner = { node, path: `${place.path}.${property.name}`, depth: place.depth + 1 };
	if (property.name.startsWith("__@")) {
		// A unique symbol as a key is how brands are written; nothing of it crosses.
		if (!(parent.flags & ts.TypeFlags.Intersection))
			extractor.refuse({ ...inner, path: place.path }, "type/symbol", "a member named by a symbol does not exist in JSON", "Name it by a string.");
		return;
	}
	if (property.name === "__proto__") {
		extractor.refuse(inner, "type/name", "a member cannot be called __proto__");
		return;
	}
	const type = extractor.checker.getTypeOfSymbol(property);
	const members = withoutUndefined(type);
	const optional = (property.flags & ts.SymbolFlags.Optional) !== 0 || members !== undefined;
	const converted = members ? unionOrOne(extractor, type, members, inner) : extractor.convert(type, inner);
	tagProperty(extractor, converted, property, declarations, type);
	/** @type {Record<string, Schema>} */ (schema.properties)[property.name] = converted;
	if (!optional) schema.required?.push(property.name);
}

/** The members of a union without undefined; undefined when it has none. @param {ts.Type} type */
export function withoutUndefined(type) {
	if (!(type.flags & ts.TypeFlags.Union)) return undefined;
	const all = /** @type {ts.UnionType} */ (type).types;
	const rest = all.filter((t) => !(t.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)));
	return rest.length < all.length ? rest : undefined;
}

/** @param {Extractor} extractor @param {ts.Type} whole @param {ts.Type[]} members @param {Place} place */
function unionOrOne(extractor, whole, members, place) {
	// The checker's own type of the rest keeps aliases (an optional Page stays Page).
	const rest = extractor.checker.getNonNullableType(whole);
	if (!members.some((t) => t.flags & ts.TypeFlags.Null)) return extractor.convert(rest, place);
	return members[0] && members.length === 1 ? extractor.convert(members[0], place) : unionSchema(extractor, members, place);
}

/**
 * @param {Extractor} extractor
 * @param {Schema} schema
 * @param {ts.Symbol} property
 * @param {ts.Declaration[]} declarations
 * @param {ts.Type} type
 */
function tagProperty(extractor, schema, property, declarations, type) {
	for (const declaration of declarations) {
		const doc = docOf(declaration, extractor.diagnostics);
		const same = sameType(extractor, property, declaration, type);
		const tags = same ? doc.tags : doc.tags.filter((t) => t.name === "pii" || t.name === "secret");
		const node = /** @type {{ type?: ts.TypeNode }} */ (/** @type {unknown} */ (declaration)).type;
		if (same) applyIndexed(extractor, schema, node);
		applyTags(schema, tags, (ref) => extractor.resolve(ref), extractor.diagnostics);
		describe(schema, doc);
	}
}

/**
 * A mapped type may give a member another type than its declaration did ({ [K in keyof T]?: boolean }): what the
 * declaration said of its own type then does not speak of this one. Redaction still does.
 * @param {Extractor} extractor
 * @param {ts.Symbol} property
 * @param {ts.Declaration} declaration
 * @param {ts.Type} type
 */
function sameType(extractor, property, declaration, type) {
	if (property.valueDeclaration === declaration && !(property.flags & ts.SymbolFlags.Transient)) return true;
	const name = ts.getNameOfDeclaration(declaration);
	const symbol = name && extractor.checker.getSymbolAtLocation(name);
	const declared = symbol && extractor.checker.getTypeOfSymbol(symbol);
	if (!declared || declared.flags & ts.TypeFlags.TypeParameter) return true;
	const bare = extractor.checker.getNonNullableType;
	if (extractor.checker.isTypeAssignableTo(bare(type), bare(declared)) || dependsOnParameter(extractor, declaration)) return true;
	return false;
}

/** Whether the written type mentions a type parameter: Page<T> { items: T[] }. @param {Extractor} extractor @param {ts.Declaration} declaration */
function dependsOnParameter(extractor, declaration) {
	const node = /** @type {{ type?: ts.TypeNode }} */ (/** @type {unknown} */ (declaration)).type;
	/** @param {ts.Node} at @returns {boolean} */
	const mentions = (at) =>
		(ts.isTypeReferenceNode(at) && (extractor.checker.getTypeFromTypeNode(at).flags & ts.TypeFlags.TypeParameter) !== 0) ||
		ts.forEachChild(at, (child) => mentions(child) || undefined) === true;
	return node !== undefined && mentions(node);
}

/** @param {Extractor} extractor @param {Schema} schema @param {readonly ts.IndexInfo[]} infos @param {Place} place */
function addIndex(extractor, schema, infos, place) {
	const info = infos.find((i) => i.keyType.flags & (ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral | ts.TypeFlags.Intersection));
	if (infos.length > 1 || !info) {
		extractor.refuse(place, "type/index", "keys that are numbers or symbols cannot be told from others in JSON", "Use Record<string, T> or an array.");
		return;
	}
	if (info.type.flags & ts.TypeFlags.Never) return;
	const inner = { ...place, path: `${place.path}[key]`, depth: place.depth + 1 };
	schema.additionalProperties = extractor.convert(info.type, inner);
	if (info.keyType.flags & ts.TypeFlags.String) return;
	const keys = extractor.convert(info.keyType, inner);
	if (Object.keys(keys).length > 1) schema.propertyNames = keys;
}

/** @param {Extractor} extractor @param {ts.TypeReference} type @param {Place} place @returns {Schema} */
export function arraySchema(extractor, type, place) {
	const args = extractor.checker.getTypeArguments(type);
	if (!extractor.checker.isTupleType(type)) return { type: "array", items: element(extractor, args[0], place, "[]") };
	const flags = /** @type {ts.TupleType} */ (type.target).elementFlags;
	const rest = flags.findIndex((f) => (f & ts.ElementFlags.Variable) !== 0);
	if (rest >= 0 && rest !== flags.length - 1)
		return extractor.refuse(place, "type/tuple", "a rest element in the middle of a tuple cannot be checked", "Put it last.");
	const leading = rest < 0 ? args : args.slice(0, rest);
	const least = flags.filter((f) => f & ts.ElementFlags.Required).length;
	/** @type {Schema} */
	const schema = { type: "array" };
	if (leading.length > 0) schema.prefixItems = leading.map((t, i) => element(extractor, t, place, `[${i}]`, (flags[i] ?? 0) & ts.ElementFlags.Optional));
	schema.items = rest < 0 ? false : element(extractor, args[rest], place, "[]");
	if (least > 0) schema.minItems = least;
	if (rest < 0) schema.maxItems = leading.length;
	return schema;
}

/** @param {Extractor} extractor @param {ts.Type | undefined} type @param {Place} place @param {string} step @param {number} [optional] @returns {Schema} */
function element(extractor, type, place, step, optional) {
	const inner = { ...place, path: place.path + step, depth: place.depth + 1 };
	if (!type) return extractor.refuse(inner, "type/any", "the items have no type");
	const members = optional ? withoutUndefined(type) : undefined;
	return members ? unionOrOne(extractor, type, members, inner) : extractor.convert(type, inner);
}
