// What a function uses of the module "ward": queries against its list, declared errors, and the parts of the module.
import ts from "./typescript.mjs";
import { camelCase } from "./app.mjs";
import { walkReachable } from "./reach.mjs";
import { isOwn } from "./program.mjs";

/**
 * @typedef {import("./app.mjs").App} App
 * @typedef {import("./diagnostics.mjs").Diagnostics} Diagnostics
 * @typedef {{ name: string, status: number, title: string | undefined, data: ts.Type | undefined, node: ts.Node }} ErrorClass
 * @typedef {{ parts: Set<string>, queries: Set<string>, errors: Map<string, ErrorClass> }} Uses
 */

const moduleParts = ["db", "caller", "http", "events", "secrets", "log"];

/**
 * @param {string} name of the function
 * @param {ts.Node} declaration
 * @param {ts.Program} program
 * @param {App} app
 * @param {Diagnostics} diagnostics
 * @returns {Uses}
 */
export function usesOf(name, declaration, program, app, diagnostics) {
	const checker = program.getTypeChecker();
	/** @type {Uses} */
	const uses = { parts: new Set(), queries: new Set(), errors: new Map() };
	const allowed = new Set((app.functions[name]?.queries ?? []).map(camelCase));
	/** @param {ts.Symbol | undefined} symbol @param {ts.Node} node */
	const useQuery = (symbol, node) => {
		if (!symbol || !isQueryMethod(symbol, app)) return;
		uses.queries.add(symbol.name);
		if (allowed.has(symbol.name)) return;
		const query = symbol.name.charAt(0).toUpperCase() + symbol.name.slice(1);
		diagnostics.at(node, "query/not-listed", `function ${name} may not run query ${query}`,
			`Add ${query} to \`queries\` of function ${name} in ward.yaml, if it is meant to reach that data.`);
	};
	walkReachable(declaration, program, (file) => isOwn(app, file), (node) => {
		if (ts.isIdentifier(node)) notePart(node, checker, app, uses);
		if (ts.isPropertyAccessExpression(node)) useQuery(checker.getSymbolAtLocation(node.name), node.name);
		if (ts.isElementAccessExpression(node)) useElement(node, checker, app, useQuery, diagnostics);
		if (ts.isBindingElement(node)) useQuery(boundSymbol(node, checker), node);
		if (ts.isNewExpression(node)) noteError(node, checker, uses, diagnostics);
	});
	return uses;
}

/** @param {ts.Symbol} symbol @param {App} app */
function isQueryMethod(symbol, app) {
	return symbol.declarations?.some((d) => ts.isInterfaceDeclaration(d.parent) && d.parent.name.text === "Queries" && inWard(d, app)) ?? false;
}

/** @param {ts.Node} node @param {App} app */
function inWard(node, app) {
	return node.getSourceFile().fileName.replaceAll("\\", "/").startsWith(app.ward.replaceAll("\\", "/"));
}

/** @param {ts.Identifier} node @param {ts.TypeChecker} checker @param {App} app @param {Uses} uses */
function notePart(node, checker, app, uses) {
	if (!moduleParts.includes(node.text) && !ts.isPropertyAccessExpression(node.parent)) {
		const symbol = checker.getSymbolAtLocation(node);
		if (!symbol || !(symbol.flags & ts.SymbolFlags.Alias)) return;
	}
	let symbol = checker.getSymbolAtLocation(node);
	if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
	const declaration = symbol?.declarations?.[0];
	if (symbol && declaration && ts.isVariableDeclaration(declaration) && inWard(declaration, app) && moduleParts.includes(symbol.name))
		uses.parts.add(symbol.name);
}

/**
 * db[name] hides which query it is from the check and from the reader.
 * @param {ts.ElementAccessExpression} node
 * @param {ts.TypeChecker} checker
 * @param {App} app
 * @param {(symbol: ts.Symbol | undefined, node: ts.Node) => void} useQuery
 * @param {Diagnostics} diagnostics
 */
function useElement(node, checker, app, useQuery, diagnostics) {
	const object = checker.getTypeAtLocation(node.expression);
	const methods = object.getProperties().filter((p) => isQueryMethod(p, app));
	if (methods.length === 0) return;
	const key = checker.getTypeAtLocation(node.argumentExpression);
	const keys = key.isUnion() ? key.types : [key];
	if (keys.every((k) => k.isStringLiteral()))
		for (const k of keys) useQuery(object.getProperty(/** @type {ts.StringLiteralType} */ (k).value), node.argumentExpression);
	else diagnostics.at(node, "query/dynamic", "which query this runs cannot be told", "Call it by name: db.getOrder(…).");
}

/** const { getOrder } = db @param {ts.BindingElement} node @param {ts.TypeChecker} checker */
function boundSymbol(node, checker) {
	const name = node.propertyName ?? node.name;
	if (!ts.isObjectBindingPattern(node.parent) || !ts.isIdentifier(name)) return undefined;
	return checker.getTypeAtLocation(node.parent).getProperty(name.text);
}

/** @param {ts.NewExpression} node @param {ts.TypeChecker} checker @param {Uses} uses @param {Diagnostics} diagnostics */
function noteError(node, checker, uses, diagnostics) {
	const made = errorClassOf(checker.getTypeAtLocation(node), checker, diagnostics);
	if (!made) return;
	const known = uses.errors.get(made.name);
	if (known && known.node !== made.node)
		diagnostics.at(made.node, "error/twice", `two error classes are called ${made.name}`, "Callers tell errors apart by name: rename one.");
	uses.errors.set(made.name, made);
}

/**
 * Climbs from an instance's type to the class that extends WardError<Data>("Name", status).
 * @param {ts.Type} type
 * @param {ts.TypeChecker} checker
 * @param {Diagnostics} diagnostics
 * @returns {ErrorClass | undefined}
 */
function errorClassOf(type, checker, diagnostics) {
	for (let at = /** @type {ts.Type | undefined} */ (type); at; ) {
		const declaration = at.symbol?.declarations?.find(ts.isClassLike);
		const heritage = declaration?.heritageClauses?.find((h) => h.token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
		if (!declaration || !heritage) return undefined;
		const call = heritage.expression;
		if (ts.isCallExpression(call) && isWardErrorMaker(call, checker)) return readErrorClass(declaration, call, checker, diagnostics);
		at = checker.getTypeAtLocation(heritage);
	}
	return undefined;
}

/** @param {ts.CallExpression} call @param {ts.TypeChecker} checker */
function isWardErrorMaker(call, checker) {
	let symbol = checker.getSymbolAtLocation(call.expression);
	if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
	return symbol?.name === "WardError" && symbol.declarations?.some((d) => d.getSourceFile().fileName.endsWith("/ward.d.ts")) === true;
}

/**
 * @param {ts.ClassLikeDeclaration} declaration
 * @param {ts.CallExpression} call
 * @param {ts.TypeChecker} checker
 * @param {Diagnostics} diagnostics
 * @returns {ErrorClass | undefined}
 */
function readErrorClass(declaration, call, checker, diagnostics) {
	const [name, status, title] = call.arguments.map((a) => checker.getTypeAtLocation(a));
	const node = declaration.name ?? declaration;
	if (!name?.isStringLiteral() || !/^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name.value)) {
		diagnostics.at(call, "error/name", "the name of an error is a literal of letters and digits", 'WardError<{ sku: string }>("OutOfStock", 409)');
		return undefined;
	}
	if (!status?.isNumberLiteral() || status.value < 400 || status.value > 599) {
		diagnostics.at(call, "error/status", "the status of a declared error is a literal from 400 to 599", "Success is what the function returns.");
		return undefined;
	}
	const dataNode = call.typeArguments?.[0];
	const data = dataNode ? checker.getTypeFromTypeNode(dataNode) : undefined;
	const none = !data || (data.flags & ts.TypeFlags.Undefined) !== 0;
	return { name: name.value, status: status.value, title: title?.isStringLiteral() ? title.value : undefined, data: none ? undefined : data, node };
}
