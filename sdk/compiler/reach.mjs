// What of the app's code a function can reach: from its declaration on, through every name it mentions, to the
// declarations of those names. It errs on the side of more: mentioned counts as used.
import ts from "./typescript.mjs";

/**
 * Calls visit for every node that is reachable from the start.
 * @param {ts.Node} start
 * @param {ts.Program} program
 * @param {(file: string) => boolean} isOwn
 * @param {(node: ts.Node) => void} visit
 */
export function walkReachable(start, program, isOwn, visit) {
	const checker = program.getTypeChecker();
	/** @type {Set<ts.Node>} */
	const seen = new Set();
	/** @type {ts.Node[]} */
	const waiting = [start];

	/** @param {ts.Node} node */
	const enter = (node) => {
		if (!seen.has(node)) waiting.push(node);
		seen.add(node);
	};
	/** @param {ts.Node} node */
	const follow = (node) => {
		let symbol = checker.getSymbolAtLocation(node);
		if (ts.isShorthandPropertyAssignment(node.parent)) symbol = checker.getShorthandAssignmentValueSymbol(node.parent) ?? symbol;
		if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
		for (const declaration of symbol?.declarations ?? []) {
			const source = declaration.getSourceFile();
			if (source.isDeclarationFile || !isOwn(source.fileName)) continue;
			enter(ts.isBindingElement(declaration) ? bindingRoot(declaration) : declaration);
			for (const statement of source.statements) if (runsAtLoad(statement)) enter(statement);
		}
	};
	/** @param {ts.Node} node */
	const look = (node) => {
		visit(node);
		if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) follow(node);
		ts.forEachChild(node, look);
	};
	for (const statement of start.getSourceFile().statements) if (runsAtLoad(statement)) enter(statement);
	for (let node = waiting.pop(); node; node = waiting.pop()) look(node);
}

/** @param {ts.Node} node @returns {ts.Node} */
function bindingRoot(node) {
	let at = node;
	while (!ts.isVariableDeclaration(at) && !ts.isParameter(at) && at.parent) at = at.parent;
	return at;
}

/** Statements that do something when a module is loaded, without being named. @param {ts.Statement} statement */
function runsAtLoad(statement) {
	return !ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement) && !ts.isTypeAliasDeclaration(statement) &&
		!ts.isInterfaceDeclaration(statement) && !ts.isFunctionDeclaration(statement) && !ts.isClassDeclaration(statement) &&
		!ts.isVariableStatement(statement) && !ts.isEnumDeclaration(statement) && !ts.isModuleDeclaration(statement);
}
