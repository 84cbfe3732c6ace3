// `User["name"]` is just string to the checker: the constraints written at User's name are found by the way it is written.
// Where that way is too winding, it is refused rather than lost.
import ts from "../typescript.mjs";
import { applyTags } from "./apply_tags.mjs";
import { memberDeclarations } from "./property_origin.mjs";
import { docOf } from "./tags.mjs";

/**
 * @typedef {import("./types.mjs").Schema} Schema
 * @typedef {import("./extract.mjs").Extractor} Extractor
 */

/**
 * Puts on a schema what indexed accesses in the written type bring along.
 * @param {Extractor} extractor
 * @param {Schema} schema of the type that the node writes
 * @param {ts.TypeNode | undefined} node
 * @param {Set<ts.Node>} [open] aliases that are being looked at: they may refer to themselves
 * @returns {void}
 */
export function applyIndexed(extractor, schema, node, open = new Set()) {
	if (!node) return;
	if (schema.$ref && !ts.isIndexedAccessTypeNode(node)) {
		const target = extractor.resolve(schema.$ref);
		if (!target || target.$ref) return;
		return applyIndexed(extractor, target, node, open);
	}
	if (ts.isParenthesizedTypeNode(node)) return applyIndexed(extractor, schema, node.type, open);
	if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword) return applyIndexed(extractor, schema, node.type, open);
	if (ts.isUnionTypeNode(node)) return node.types.forEach((part) => applyIndexed(extractor, schema, part, open));
	if (ts.isIndexedAccessTypeNode(node)) return tagsOf(extractor, node).forEach((tags) => applyTags(schema, tags, (ref) => extractor.resolve(ref), extractor.diagnostics));
	if (ts.isArrayTypeNode(node)) return applyToItems(extractor, schema, node.elementType, open);
	if (ts.isTupleTypeNode(node)) return node.elements.forEach((e, i) => applyIndexed(extractor, schema.prefixItems?.[i] ?? {}, ts.isNamedTupleMember(e) ? e.type : e, open));
	if (ts.isTypeReferenceNode(node)) return applyToReference(extractor, schema, node, open);
	refuseHidden(extractor, node);
}

/** @param {Extractor} extractor @param {Schema} schema @param {ts.TypeNode} element @param {Set<ts.Node>} open */
function applyToItems(extractor, schema, element, open) {
	const parts = schema.anyOf ?? schema.oneOf ?? [schema];
	for (const part of parts) if (typeof part.items === "object") applyIndexed(extractor, part.items, element, open);
}

/** @param {Extractor} extractor @param {Schema} schema @param {ts.TypeReferenceNode} node @param {Set<ts.Node>} open @returns {void} */
function applyToReference(extractor, schema, node, open) {
	const [first] = node.typeArguments ?? [];
	const name = ts.isIdentifier(node.typeName) ? node.typeName.text : "";
	if (first && (name === "Array" || name === "ReadonlyArray")) return applyToItems(extractor, schema, first, open);
	if (first && (name === "Promise" || name === "Readonly")) return applyIndexed(extractor, schema, first, open);
	if (first) return refuseHidden(extractor, node);
	const alias = extractor.aliasOfNode(node)?.declarations?.find(ts.isTypeAliasDeclaration);
	if (!alias || alias.typeParameters || open.has(alias) || extractor.program.isSourceFileDefaultLibrary(alias.getSourceFile())) return;
	open.add(alias);
	applyIndexed(extractor, schema, alias.type, open);
	open.delete(alias);
}

/** @param {Extractor} extractor @param {ts.IndexedAccessTypeNode} node @returns {import("./tags.mjs").Tag[][]} */
function tagsOf(extractor, node) {
	const key = extractor.checker.getTypeFromTypeNode(node.indexType);
	return memberDeclarations(extractor, node.objectType, key).map((d) => docOf(d, extractor.diagnostics).tags).filter((tags) => tags.length > 0);
}

/** Members of type literals are looked at on their own. @param {Extractor} extractor @param {ts.Node} node */
function refuseHidden(extractor, node) {
	if (ts.isTypeLiteralNode(node)) return;
	if (ts.isIndexedAccessTypeNode(node) && tagsOf(extractor, node).length > 0)
		extractor.diagnostics.at(node, "type/tag", "the constraints of this member would get lost here",
			`Give its type a name, put the constraints there, and use the name instead of ${node.getText()}.`);
	else ts.forEachChild(node, (child) => refuseHidden(extractor, child));
}
