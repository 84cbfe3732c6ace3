// Every html`` template of the app, read at build time: a hole in a place where no value is safe is an error at the hole.
import ts from "./typescript.mjs";
import { readTemplate } from "../guest/html_context.mjs";
import { isOwn } from "./program.mjs";

/**
 * @param {ts.Program} program
 * @param {import("./app.mjs").App} app
 * @param {import("./diagnostics.mjs").Diagnostics} diagnostics
 */
export function checkTemplates(program, app, diagnostics) {
	const checker = program.getTypeChecker();
	/** @param {ts.Node} node */
	const look = (node) => {
		if (ts.isTaggedTemplateExpression(node) && isHtmlTag(node.tag, checker)) checkTemplate(node.template, diagnostics);
		ts.forEachChild(node, look);
	};
	for (const source of program.getSourceFiles())
		if (!source.isDeclarationFile && isOwn(app, source.fileName) && source.text.includes("html`")) look(source);
}

/** @param {ts.Expression} tag @param {ts.TypeChecker} checker */
function isHtmlTag(tag, checker) {
	let symbol = checker.getSymbolAtLocation(tag);
	if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
	return symbol?.name === "html" && symbol.declarations?.some((d) => /[\\/]ward\.d\.ts$/.test(d.getSourceFile().fileName)) === true;
}

/** @param {ts.TemplateLiteral} template @param {import("./diagnostics.mjs").Diagnostics} diagnostics */
function checkTemplate(template, diagnostics) {
	const pieces = ts.isNoSubstitutionTemplateLiteral(template) ? [template] : [template.head, ...template.templateSpans.map((s) => s.literal)];
	const found = readTemplate(pieces.map((p) => p.text));
	if (!("wrong" in found)) return;
	const piece = pieces[found.part];
	const span = ts.isTemplateExpression(template) && found.at === piece?.text.length ? template.templateSpans[found.part] : undefined;
	diagnostics.at(span?.expression ?? piece ?? template, "html", found.wrong);
}
