// One function of the app: its export, its signature, and the schemas that follow from it.
import path from "node:path";
import ts from "./typescript.mjs";
import { checkHttp } from "./http_input.mjs";
import { withoutUndefined } from "./schema/containers.mjs";
import { hasType, walkSchema } from "./schema/types.mjs";
import { usesOf } from "./uses.mjs";

/**
 * @typedef {import("./schema/types.mjs").Schema} Schema
 * @typedef {object} ErrorContract
 * @property {string} name
 * @property {number} status
 * @property {string} [title]
 * @property {Schema} [schema] absent: no data
 * @typedef {object} FunctionContract
 * @property {Schema} input
 * @property {Schema} [output] absent: returns nothing
 * @property {ErrorContract[]} errors
 * @property {string} bundle
 * @property {string} map
 * @property {string[]} uses
 * @property {string[]} queries those that its code can reach
 * @property {string} [description]
 */

/** @type {Schema} */
const noInput = Object.freeze({ type: "object", properties: {}, additionalProperties: false });

/**
 * @param {string} name
 * @param {import("./app.mjs").App} app
 * @param {import("./schema/extract.mjs").Extractor} extractor
 * @returns {FunctionContract | undefined} undefined: findings were reported
 */
export function functionContract(name, app, extractor) {
	const { diagnostics, checker, program } = extractor;
	const before = diagnostics.findings.length;
	const found = findExport(name, app, extractor);
	if (!found) return undefined;
	const signature = onlySignature(found.type, found.node, name, diagnostics);
	if (!signature) return undefined;
	const input = inputSchema(signature, found.node, extractor);
	const output = outputSchema(signature, found.node, extractor);
	const uses = usesOf(name, found.node, program, app, diagnostics);
	const errors = [...uses.errors.values()].map((e) => errorContract(e, extractor)).sort((a, b) => (a.name < b.name ? -1 : 1));
	const http = app.functions[name]?.http;
	if (input && http) checkHttp(input, http, signature.parameters[0]?.valueDeclaration ?? found.node, name, diagnostics);
	if (diagnostics.findings.length > before || !input) return undefined;
	const description = ts.displayPartsToString(signature.getDocumentationComment(checker)).replace(/\s+/g, " ").trim();
	return {
		input, ...(output ? { output } : {}), errors, bundle: `${name}.js`, map: `${name}.js.map`,
		uses: [...uses.parts].sort(), queries: [...uses.queries].map((q) => q.charAt(0).toUpperCase() + q.slice(1)).sort(),
		...(description ? { description } : {}),
	};
}

/**
 * @param {string} name
 * @param {import("./app.mjs").App} app
 * @param {import("./schema/extract.mjs").Extractor} extractor
 */
function findExport(name, app, { diagnostics, checker, program }) {
	const f = app.functions[name];
	const wanted = f?.export ?? name;
	const source = f && program.getSourceFile(path.join(app.dir, f.source));
	if (!f || !source) {
		diagnostics.add({ file: "ward.yaml", code: "function/source", message: `function ${name}: there is no file ${f?.source}` });
		return undefined;
	}
	const moduleSymbol = checker.getSymbolAtLocation(source);
	let symbol = moduleSymbol && checker.getExportsOfModule(moduleSymbol).find((s) => s.name === wanted);
	if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
	const node = symbol?.valueDeclaration;
	if (!symbol || !node) {
		const names = moduleSymbol ? checker.getExportsOfModule(moduleSymbol).map((s) => s.name) : [];
		diagnostics.atOffset(source, 0, 0, "function/export", `${f.source} does not export ${wanted}`,
			names.length > 0 ? `It exports ${names.join(", ")}.` : `Write: export async function ${wanted}(input: …): Promise<…> { … }`);
		return undefined;
	}
	return { node, type: checker.getTypeOfSymbolAtLocation(symbol, source) };
}

/**
 * @param {ts.Type} type
 * @param {ts.Node} node
 * @param {string} name
 * @param {import("./diagnostics.mjs").Diagnostics} diagnostics
 */
function onlySignature(type, node, name, diagnostics) {
	const at = ts.isFunctionDeclaration(node) || ts.isVariableDeclaration(node) ? (node.name ?? node) : node;
	const signatures = type.getCallSignatures();
	const [signature] = signatures;
	/** @param {string} message @param {string} hint */
	const refuse = (message, hint) => {
		diagnostics.at(at, "function/signature", message, hint);
		return undefined;
	};
	if (!signature) return refuse(`${name} is no function`, `export async function ${name}(input: …): Promise<…>`);
	if (signatures.length > 1) return refuse(`${name} has ${signatures.length} overloads`, "An endpoint has one input type: use a union.");
	if (signature.typeParameters?.length) return refuse(`${name} is generic`, "A caller cannot choose types: give it concrete ones.");
	if (signature.parameters.length > 1) return refuse(`${name} takes ${signature.parameters.length} parameters`, "A function takes one object with all inputs.");
	const parameter = signature.parameters[0]?.valueDeclaration;
	if (parameter && ts.isParameter(parameter) && parameter.dotDotDotToken) return refuse(`${name} takes a rest parameter`, "A function takes one object with all inputs.");
	return signature;
}

/**
 * @param {ts.Signature} signature
 * @param {ts.Node} node
 * @param {import("./schema/extract.mjs").Extractor} extractor
 * @returns {Schema | undefined}
 */
function inputSchema(signature, node, extractor) {
	const parameter = signature.parameters[0];
	if (!parameter) return { ...noInput };
	const declaration = parameter.valueDeclaration ?? node;
	const whole = extractor.checker.getTypeOfSymbolAtLocation(parameter, declaration);
	// An input that may be left out is an empty one.
	const type = withoutUndefined(whole) ? extractor.checker.getNonNullableType(whole) : whole;
	const at = ts.isParameter(declaration) ? (declaration.type ?? declaration.name) : declaration;
	const schema = extractor.root(type, at, "input", ts.isParameter(declaration) ? declaration.type : undefined);
	if (!schema || !filesFit(schema, at, extractor.diagnostics)) return undefined;
	const options = (schema.anyOf ?? schema.oneOf ?? [schema]).map((s) => (s.$ref ? schema.$defs?.[s.$ref.slice("#/$defs/".length)] : s));
	if (options.every((o) => o?.type === "object" || o?.anyOf || o?.oneOf)) return schema;
	extractor.diagnostics.at(at, "function/input", "the input is one object", "Path, query and body become its members: { name: string }.");
	return undefined;
}

/**
 * A file is where its member says, not one of several things that the member may be; and a list of them has an end.
 * @param {Schema} schema @param {ts.Node} at @param {import("./diagnostics.mjs").Diagnostics} diagnostics
 */
function filesFit(schema, at, diagnostics) {
	let files = 0;
	walkSchema(schema, (s) => (files += s["x-ward-file"] ? 1 : 0));
	const members = schema["x-ward-file"] ? [schema] : Object.values(schema.properties ?? {});
	const items = members.map((m) => (hasType(m, "array") && typeof m.items === "object" ? m.items : m));
	const endless = members.find((m) => typeof m.items === "object" && m.items["x-ward-file"] && m.maxItems === undefined);
	if (endless) diagnostics.at(at, "type/file", "a list of files has no end", "Say how many: /** @maxItems 4 */.");
	else if (items.filter((m) => m["x-ward-file"] && m.type === "object").length !== files)
		diagnostics.at(at, "type/file", "a file is one of several things that the input may be", "Make it a member of its own: photo?: File<…>.");
	else return true;
	return false;
}

/** @param {ts.Signature} signature @param {ts.Node} node @param {import("./schema/extract.mjs").Extractor} extractor */
function outputSchema(signature, node, extractor) {
	const returned = extractor.checker.getReturnTypeOfSignature(signature);
	const awaited = extractor.checker.getAwaitedType(returned) ?? returned;
	const declaration = signature.declaration;
	const at = declaration?.type ?? (ts.isFunctionDeclaration(node) ? (node.name ?? node) : node);
	if (awaited.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)) return undefined;
	const schema = extractor.root(awaited, at, "output", declaration?.type && ts.isTypeNode(declaration.type) ? declaration.type : undefined);
	const kinds = schema ? answerKinds(schema) : [];
	if (kinds.length < 2 || !kinds.includes("json") || kinds.every((k) => k === "json")) return schema;
	extractor.diagnostics.at(at, "type/output", "a function answers with a page or with data, not now this and now that", "Make two functions, or return Html | Redirect.");
	return undefined;
}

/** What an answer can be: "html", "redirect" or "json". @param {Schema} output @returns {string[]} */
export function answerKinds(output) {
	return (output.anyOf ?? output.oneOf ?? [output]).map((option) => String(option["x-ward-output"] ?? "json"));
}

/** @param {import("./uses.mjs").ErrorClass} e @param {import("./schema/extract.mjs").Extractor} extractor @returns {ErrorContract} */
function errorContract(e, extractor) {
	const schema = e.data && extractor.root(e.data, e.node, `error ${e.name}`);
	return { name: e.name, status: e.status, ...(e.title ? { title: e.title } : {}), ...(schema ? { schema } : {}) };
}
