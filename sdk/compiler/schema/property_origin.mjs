// Where a member was declared, so that the constraints written there hold. Mapped types carry members on; when they
// rename keys or index another type, the checker's public interface forgets where from.
import ts from "../typescript.mjs";

/**
 * @param {import("./extract.mjs").Extractor} extractor
 * @param {ts.Symbol} property
 * @returns {ts.Declaration[]}
 */
export function propertyDeclarations(extractor, property) {
	const own = property.declarations ?? [];
	return own.length > 0 ? own : carriedDeclarations(extractor, property);
}

/**
 * TypeScript keeps the source of a mapped member in `links`, which is not part of its public types; the version is pinned
 * and tests/extraction holds cases that fail when this stops working.
 * @param {import("./extract.mjs").Extractor} extractor
 * @param {ts.Symbol} property
 * @returns {ts.Declaration[]}
 */
function carriedDeclarations(extractor, property) {
	const links = /** @type {{ links?: { syntheticOrigin?: ts.Symbol, keyType?: ts.Type, mappedType?: { declaration?: ts.MappedTypeNode } } }} */ (
		/** @type {unknown} */ (property)).links;
	if (links?.syntheticOrigin?.declarations) return links.syntheticOrigin.declarations;
	// { [K in "name" | "age"]: User[K] }
	const template = links?.mappedType?.declaration?.type;
	if (!template || !ts.isIndexedAccessTypeNode(template) || !links.keyType) return [];
	return memberDeclarations(extractor, template.objectType, links.keyType);
}

/**
 * Where the member that `object[key]` means was declared.
 * @param {import("./extract.mjs").Extractor} extractor
 * @param {ts.TypeNode} object
 * @param {ts.Type} key
 * @returns {ts.Declaration[]}
 */
export function memberDeclarations(extractor, object, key) {
	if (!key.isStringLiteral()) return [];
	const member = extractor.checker.getPropertyOfType(extractor.checker.getTypeFromTypeNode(object), key.value);
	return member ? propertyDeclarations(extractor, member) : [];
}
