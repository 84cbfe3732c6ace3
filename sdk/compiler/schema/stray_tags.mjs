// Constraints that stand where no declaration takes them, as inside a union or a tuple: they would be lost, so they are errors.
import ts from "../typescript.mjs";
import { commentsOf, constraintMarks } from "./tags.mjs";

/** @param {ts.SourceFile} source @param {import("../diagnostics.mjs").Diagnostics} diagnostics */
export function refuseStrayTags(source, diagnostics) {
	const comments = [...source.text.matchAll(/\/\*\*(?!\/)[\s\S]*?\*\//g)].filter((m) => constraintMarks(m[0]).length > 0);
	if (comments.length === 0) return;
	/** @type {Set<number>} */
	const taken = new Set();
	/** @param {ts.Node} node */
	const collect = (node) => {
		if (takesTags(node)) for (const comment of commentsOf(node)) taken.add(comment.pos);
		ts.forEachChild(node, collect);
	};
	collect(source);
	for (const comment of comments) {
		if (taken.has(comment.index) || !isInType(source, comment.index)) continue;
		const [mark] = constraintMarks(comment[0]);
		if (mark)
			diagnostics.atOffset(source, comment.index + mark.at, mark.name.length + 1, "type/tag", `@${mark.name} stands where no member or type takes it`,
				"Write it before the member's name, or give the type a name and write it there.");
	}
}

/** @param {ts.Node} node */
function takesTags(node) {
	return ts.isPropertySignature(node) || ts.isPropertyDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node);
}

/** Whether a comment lies in what writes a type, and in no text. @param {ts.SourceFile} source @param {number} at */
function isInType(source, at) {
	/** @param {ts.Node} node @param {boolean} inType @returns {boolean} */
	const look = (node, inType) => {
		if (ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node) || node.kind === ts.SyntaxKind.RegularExpressionLiteral) return false;
		const here = inType || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isParameter(node);
		const child = ts.forEachChild(node, (c) => (c.pos <= at && at < c.end ? c : undefined));
		if (!child) return here;
		return look(child, here && !ts.isBlock(child));
	};
	return look(source, false);
}
