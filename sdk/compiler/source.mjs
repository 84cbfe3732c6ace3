// The checker forgets the names of most aliases (type Name = string is just string), and with the name the constraints
// written at it. So an alias that carries constraints gets a member no one can set: the type stays assignable both ways
// and keeps its name, through generics too. Only text after the type, on its line, moves.
import ts from "./typescript.mjs";
import { constraintTags } from "./schema/tag_table.mjs";
import { commentsOf } from "./schema/tags.mjs";

const hint = new RegExp(`@(${Object.keys(constraintTags).join("|")})\\b`);
const carrier = "& { readonly __ward_alias?: never }";

/**
 * @param {string} fileName
 * @param {string} text
 * @param {ts.ScriptTarget | ts.CreateSourceFileOptions} version
 * @returns {ts.SourceFile}
 */
export function parseWithNamedAliases(fileName, text, version) {
	const source = ts.createSourceFile(fileName, text, version, true);
	if (!hint.test(text) || !/\btype\b/.test(text)) return source;
	/** @type {[number, string][]} */
	const insertions = [];
	for (const statement of source.statements) {
		if (!ts.isTypeAliasDeclaration(statement)) continue;
		if (commentsOf(statement).some((c) => hint.test(text.slice(c.pos, c.end)))) insertions.push(...carrierFor(statement.type, source));
	}
	if (insertions.length === 0) return source;
	let changed = text;
	for (const [at, piece] of insertions.sort((a, b) => b[0] - a[0])) changed = changed.slice(0, at) + piece + changed.slice(at);
	return ts.createSourceFile(fileName, changed, version, true);
}

/**
 * Object literals and unions keep their alias by themselves.
 * @param {ts.TypeNode} type
 * @param {ts.SourceFile} source
 * @returns {[number, string][]}
 */
function carrierFor(type, source) {
	switch (type.kind) {
		case ts.SyntaxKind.TypeLiteral:
		case ts.SyntaxKind.UnionType:
		case ts.SyntaxKind.MappedType:
			return [];
		case ts.SyntaxKind.ConditionalType:
		case ts.SyntaxKind.TypeOperator:
			return [[type.getStart(source), "("], [type.getEnd(), `) ${carrier}`]];
		default:
			return [[type.getEnd(), ` ${carrier}`]];
	}
}
