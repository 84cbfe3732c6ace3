// Types that have no form in JSON or would let everything through, and what to write instead.
import ts from "../typescript.mjs";

/**
 * @typedef {object} Refusal
 * @property {string} code
 * @property {string} message
 * @property {string} hint
 */

/** @type {[ts.TypeFlags, string, string, string][]} */
const byFlags = [
	[ts.TypeFlags.Any, "type/any", "any lets everything through", "Write the type, or import one: an unresolved import is any too."],
	[ts.TypeFlags.Unknown, "type/unknown", "unknown says nothing about the value", "Write what the value is; a union if it is one of several things."],
	[ts.TypeFlags.Never, "type/never", "the type resolves to never: no value is of it", "An intersection of types that exclude each other becomes never."],
	[ts.TypeFlags.Undefined | ts.TypeFlags.Void, "type/undefined", "undefined does not exist in JSON", "Use null, or an optional property (name?: type)."],
	[ts.TypeFlags.ESSymbolLike, "type/symbol", "a symbol does not exist in JSON", "Use a string literal."],
	[ts.TypeFlags.NonPrimitive, "type/object", "object says nothing about its members", "Name the members, or use Record<string, T>."],
	[ts.TypeFlags.TypeParameter | ts.TypeFlags.Conditional | ts.TypeFlags.IndexedAccess | ts.TypeFlags.Index | ts.TypeFlags.Substitution, "type/generic",
		"the type depends on a type parameter", "An endpoint is not generic: give it concrete types."],
	[ts.TypeFlags.BigIntLiteral, "type/bigint-literal", "a bigint literal cannot be checked at the boundary", "Use a number literal or a string literal."],
	[ts.TypeFlags.StringMapping, "type/string-mapping", "Uppercase, Lowercase and their like cannot be checked at the boundary", "Use string with @pattern."],
];

/** Classes of the language that are no data. @type {Record<string, string>} */
const byClass = {
	Map: "Use Record<string, T> or an array of pairs.",
	ReadonlyMap: "Use Record<string, T> or an array of pairs.",
	Set: "Use an array with @uniqueItems.",
	ReadonlySet: "Use an array with @uniqueItems.",
	WeakMap: "", WeakSet: "", WeakRef: "", Function: "", Symbol: "", Generator: "Return an array.", AsyncGenerator: "Return an array.",
	Iterator: "Return an array.", Iterable: "Return an array.", AsyncIterable: "Return an array.",
	IterableIterator: "Return an array.", AsyncIterableIterator: "Return an array.", IteratorObject: "Return an array.",
	Promise: "Await it: only the function's own result may be a promise.",
	PromiseLike: "Await it: only the function's own result may be a promise.",
	RegExp: "Use string.", Error: "Throw a class made by WardError.",
	URL: "Use string with @format uri.", URLSearchParams: "Use Record<string, string>.", Headers: "Use Record<string, string>.",
	String: "Use string.", Number: "Use number.", Boolean: "Use boolean.", BigInt: "Use bigint.", Object: "Name the members.",
	ArrayBuffer: "Use Uint8Array.", SharedArrayBuffer: "Use Uint8Array.", DataView: "Use Uint8Array.",
};

/**
 * @param {ts.Type} type
 * @param {ts.Program} program
 * @returns {Refusal | undefined}
 */
export function refusalOf(type, program) {
	for (const [flags, code, message, hint] of byFlags) if (type.flags & flags) return { code, message, hint };
	if (type.flags & ts.TypeFlags.EnumLike && !(type.flags & ts.TypeFlags.Union) && !(type.flags & ts.TypeFlags.Literal))
		return { code: "type/enum", message: "an enum with computed members cannot be checked", hint: "Give its members literal values." };
	return type.flags & ts.TypeFlags.Object ? refusalOfObject(type, program) : undefined;
}

/** @param {ts.Type} type @param {ts.Program} program @returns {Refusal | undefined} */
function refusalOfObject(type, program) {
	const checker = program.getTypeChecker();
	if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0)
		return { code: "type/function", message: "a function cannot cross the boundary", hint: "Return data; the caller has no use for code." };
	if (checker.isArrayType(type) || checker.isTupleType(type) || specialSchema(type, program)) return undefined;
	const name = platformClass(type, program);
	if (name !== undefined) {
		const views = /Array$/.test(name) ? "Use Uint8Array for bytes, or number[]." : undefined;
		return { code: "type/class", message: `${name} has no form in JSON`, hint: views ?? byClass[name] ?? "Use plain data." };
	}
	return refusalOfClass(type, checker);
}

/** A class of one's own is fine as long as it is but a record. @param {ts.Type} type @param {ts.TypeChecker} checker @returns {Refusal | undefined} */
function refusalOfClass(type, checker) {
	if (!type.isClass()) return undefined;
	const hidden = type.getProperties().find((p) => p.declarations?.some((d) =>
		ts.getCombinedModifierFlags(d) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected) ||
		ts.isAccessor(d) || ts.isMethodDeclaration(d) || (ts.isPropertyDeclaration(d) && ts.isPrivateIdentifier(d.name))));
	if (!hidden && checker.getPropertiesOfType(type).length > 0) return undefined;
	return {
		code: "type/class",
		message: `class ${type.symbol.name} is more than data${hidden ? `: it has ${hidden.name.replace(/^__#\d+@/, "")}` : ""}`,
		hint: "Use an interface for what crosses the boundary and make the instance inside.",
	};
}

/** @param {ts.Type} type @param {ts.Program} program @returns {string | undefined} */
function platformClass(type, program) {
	const symbol = type.symbol;
	if (!symbol || !(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class))) return undefined;
	const source = symbol.declarations?.[0]?.getSourceFile();
	const ours = source && (isFromWard(type) || program.isSourceFileDefaultLibrary(source) || /[\\/]guest\.globals\.d\.ts$/.test(source.fileName));
	return ours ? symbol.name : undefined;
}

/** @param {ts.Type} type */
function isFromWard(type) {
	return type.symbol?.declarations?.some((d) => /[\\/]ward\.d\.ts$/.test(d.getSourceFile().fileName) && /^(Html|Redirect|File)$/.test(type.symbol.name)) ?? false;
}

/** Characters of a page: what a function may return unless its type says less. */
const PAGE_LENGTH_MAX = 1000000;

/** An address that begins with one slash and holds nothing that a header or a browser reads otherwise. @returns {import("./types.mjs").Schema} */
function redirectSchema() {
	return {
		type: "object",
		properties: { to: { type: "string", pattern: "^/(?:[!-.0-\\[\\]-~][!-~]*)?$", maxLength: 2048 }, status: { type: "integer", enum: [302, 303, 307, 308] } },
		required: ["to", "status"],
		additionalProperties: false,
		"x-ward-output": "redirect",
	};
}

export const FILE_BYTES_MAX = 32 * 1024 * 1024;

/**
 * File<Type, { maxBytes }>: an object that never comes as JSON. Arguments that are no literals give a limit of 0, which
 * whoever places the file refuses.
 * @param {ts.Type} type @param {ts.TypeChecker} checker @returns {import("./types.mjs").Schema}
 */
function fileSchema(type, checker) {
	const [kind, limits] = checker.getTypeArguments(/** @type {ts.TypeReference} */ (type));
	const parts = kind?.isUnion() ? kind.types : kind ? [kind] : [];
	const types = parts.flatMap((t) => (t.isStringLiteral() ? [t.value] : [])).sort();
	const most = limits?.getProperty("maxBytes");
	const value = most && checker.getTypeOfSymbol(most);
	const maxBytes = value?.isNumberLiteral() && Number.isInteger(value.value) && types.length === parts.length && types.length > 0 ? value.value : 0;
	return {
		type: "object",
		properties: {
			name: { type: "string", maxLength: 255 },
			type: types.length === 1 ? { type: "string", const: types[0] } : { type: "string", enum: types },
			size: { type: "integer", minimum: 1, maximum: maxBytes },
			bytes: { type: "string", contentEncoding: "base64", "x-ward-type": "bytes" },
		},
		required: ["name", "type", "size", "bytes"],
		additionalProperties: false,
		"x-ward-file": { types, maxBytes },
	};
}

/**
 * Dates, bytes and what the module "ward" gives a form of its own.
 * @param {ts.Type} type
 * @param {ts.Program} program
 * @returns {import("./types.mjs").Schema | undefined}
 */
export function specialSchema(type, program) {
	const name = platformClass(type, program);
	if (name === "Html" && isFromWard(type)) return { type: "string", "x-ward-text": "any", maxLength: PAGE_LENGTH_MAX, "x-ward-output": "html" };
	if (name === "Redirect" && isFromWard(type)) return redirectSchema();
	if (name === "File" && isFromWard(type)) return fileSchema(type, program.getTypeChecker());
	if (name === "Date") return { type: "string", format: "date-time", "x-ward-type": "date" };
	if (name === "Uint8Array") return { type: "string", contentEncoding: "base64", "x-ward-type": "bytes" };
	return undefined;
}
