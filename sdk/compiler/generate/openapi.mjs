// OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0) of the app, for /_ward/openapi.json. Schemas are JSON Schema 2020-12
// there as here, so they are carried over; named types go to components.
import path from "node:path";
import { isPublic, pathParameters, writeIfChanged } from "../app.mjs";
import { answerKinds } from "../function.mjs";
import { filesOf, hasBody, objectsOf } from "../http_input.mjs";
import { nameTypes } from "./names.mjs";

/**
 * @typedef {import("../app.mjs").App} App
 * @typedef {import("../schema/types.mjs").Schema} Schema
 * @typedef {import("./client.mjs").Contracts} Contracts
 * @typedef {import("../function.mjs").FunctionContract} FunctionContract
 */

/** @param {App} app @param {Contracts} contracts */
export function writeOpenapi(app, contracts) {
	const text = JSON.stringify(openapi(app, contracts), null, "\t") + "\n";
	writeIfChanged(path.join(app.ward, "openapi.json"), text);
	writeIfChanged(path.join(app.ward, "public", "_ward", "openapi.json"), text);
}

/** @param {App} app @param {Contracts} contracts */
export function openapi(app, contracts) {
	const callable = Object.entries(contracts).filter(([name]) => app.functions[name]?.http);
	const { types, roots } = nameTypes(callable.flatMap(([name, c]) => labelled(name, c)), ["Problem"]);
	/** @type {Record<string, Record<string, unknown>>} */
	const paths = {};
	for (const [name, contract] of callable) {
		const http = /** @type {{ method: string, path: string }} */ (app.functions[name]?.http);
		(paths[http.path] ??= {})[http.method.toLowerCase()] = operation(name, contract, app, roots);
	}
	const schemas = Object.fromEntries([...types].map(([name, s]) => [name, components(s)]));
	return {
		openapi: "3.1.0",
		info: { title: app.name, version: "1" },
		servers: [{ url: "/" }],
		paths,
		components: { schemas: { ...schemas, Problem: problem }, securitySchemes: security },
	};
}

/** @param {string} name @param {FunctionContract} c @returns {[string, Schema][]} */
function labelled(name, c) {
	/** @type {[string, Schema][]} */
	const all = [[`${name}:input`, c.input]];
	if (c.output) all.push([`${name}:output`, c.output]);
	for (const e of c.errors) if (e.schema) all.push([`${name}:error:${e.name}`, e.schema]);
	return all;
}

const security = {
	session: { type: "apiKey", in: "cookie", name: "__Host-ward_session", description: "Set by POST /_ward/auth/sign-in." },
	bearer: { type: "http", scheme: "bearer" },
};

/** RFC 9457, with the members that ward adds. */
const problem = {
	type: "object",
	properties: {
		type: { type: "string" }, status: { type: "integer" }, title: { type: "string" }, detail: { type: "string" },
		id: { type: "string", description: "Names the request in the operator's log." },
		errors: {
			type: "array",
			items: { type: "object", properties: { path: { type: "string" }, message: { type: "string" } }, required: ["path", "message"] },
		},
	},
	required: ["type", "status", "title", "id"],
};

/** `#/$defs/X` becomes `#/components/schemas/X`. @param {any} at @returns {any} */
function components(at) {
	if (Array.isArray(at)) return at.map(components);
	if (typeof at !== "object" || at === null) return at;
	return Object.fromEntries(Object.entries(at).map(([key, value]) => {
		if (key === "$ref" && typeof value === "string") return [key, value.replace("#/$defs/", "#/components/schemas/")];
		return [key, key === "enum" || key === "const" || key === "default" ? value : components(value)];
	}));
}

/** @param {string} name @param {FunctionContract} contract @param {App} app @param {Map<string, Schema>} roots */
function operation(name, contract, app, roots) {
	const f = /** @type {import("../app.mjs").AppFunction} */ (app.functions[name]);
	const http = /** @type {{ method: string, path: string }} */ (f.http);
	const open = isPublic(f);
	const body = requestBody(contract, http, roots.get(`${name}:input`) ?? {});
	return {
		operationId: name,
		...(contract.description ? { summary: contract.description } : {}),
		...parameters(contract, http),
		...(body ? { requestBody: body } : {}),
		responses: responses(name, contract, roots, open),
		security: open ? [] : [{ session: [] }, { bearer: [] }],
	};
}

/** @param {FunctionContract} contract @param {{ method: string, path: string }} http */
function parameters(contract, http) {
	const inPath = pathParameters(http.path);
	const options = objectsOf(contract.input, contract.input);
	/** @type {Map<string, unknown>} */
	const all = new Map();
	for (const option of options)
		for (const [member, schema] of Object.entries(option.properties ?? {})) {
			const where = inPath.includes(member) ? "path" : hasBody(http.method) ? undefined : "query";
			if (!where || all.has(member)) continue;
			const required = where === "path" || options.every((o) => o.required?.includes(member));
			const { description, deprecated, ...rest } = inlined(schema, contract.input);
			all.set(member, { name: member, in: where, required, ...(description ? { description } : {}), ...(deprecated ? { deprecated } : {}), schema: rest });
		}
	return all.size > 0 ? { parameters: [...all.values()] } : {};
}

/** Parameters are flat, so a $ref of theirs is to a small type: written out. @param {Schema} schema @param {Schema} root @returns {Schema} */
function inlined(schema, root) {
	return schema.$ref ? { ...(root.$defs?.[schema.$ref.slice("#/$defs/".length)] ?? {}) } : schema;
}

/** @param {FunctionContract} contract @param {{ method: string, path: string }} http @param {Schema} named */
function requestBody(contract, http, named) {
	if (!hasBody(http.method)) return undefined;
	const inPath = pathParameters(http.path);
	const whole = contract.input["x-ward-file"];
	if (whole) return { required: true, content: rawTypes(whole) };
	const files = filesOf(contract.input);
	if (files.length > 0) return formBody(contract.input, inPath, files);
	const objects = objectsOf(contract.input, contract.input);
	if (objects.every((o) => Object.keys(o.properties ?? {}).every((m) => inPath.includes(m)) && !o.additionalProperties)) return undefined;
	const required = objects.some((o) => o.required?.some((m) => !inPath.includes(m)));
	const schema = inPath.length === 0 ? components(named) : withoutMembers(contract.input, inPath);
	return { required, content: { "application/json": { schema } } };
}

/** A body that is the file. @param {{ types: string[] }} file */
function rawTypes(file) {
	return Object.fromEntries(file.types.map((type) => [type, {}]));
}

/** @param {Schema} input @param {string[]} inPath @param {string[]} files */
function formBody(input, inPath, files) {
	const schema = withoutMembers(input, inPath);
	/** @type {Record<string, { contentType: string }>} */
	const encoding = {};
	for (const name of files) {
		const at = schema.properties?.[name] ?? {};
		const one = at["x-ward-file"] ? at : /** @type {Schema} */ (at.items);
		const { types, maxBytes } = one["x-ward-file"];
		encoding[name] = { contentType: types.join(", ") };
		const sent = { type: "string", format: "binary", "x-ward-file": { types, maxBytes }, description: `A file of at most ${maxBytes} bytes.` };
		if (schema.properties) schema.properties[name] = one === at ? sent : { ...at, items: sent };
	}
	const others = Object.keys(schema.properties ?? {}).filter((name) => !files.includes(name) && !inPath.includes(name));
	const [only] = files;
	const raw = files.length === 1 && only && input.properties?.[only]?.["x-ward-file"];
	return {
		required: input.required?.some((m) => !inPath.includes(m)) ?? false,
		content: { "multipart/form-data": { schema, encoding }, ...(raw && !others.some((m) => input.required?.includes(m)) ? rawTypes(raw) : {}) },
	};
}

/** The input without what the path carries. @param {Schema} input @param {string[]} names @returns {Schema} */
function withoutMembers(input, names) {
	const { nameless } = { nameless: nameTypes([["body", input]]) };
	/** @param {Schema} schema @returns {Schema} */
	const strip = (schema) => {
		if (schema.$ref) return strip(nameless.types.get(schema.$ref.slice("#/$defs/".length)) ?? {});
		if (schema.anyOf) return { ...schema, anyOf: schema.anyOf.map(strip) };
		if (schema.oneOf) return { ...schema, oneOf: schema.oneOf.map(strip) };
		const { title, ...rest } = schema;
		const properties = Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([k]) => !names.includes(k)));
		const required = (schema.required ?? []).filter((k) => !names.includes(k));
		return { ...rest, properties, ...(required.length > 0 ? { required } : { required: undefined }) };
	};
	return components(JSON.parse(JSON.stringify(strip(nameless.roots.get("body") ?? {}))));
}

/** @param {Schema | undefined} output @returns {Record<string, unknown>} */
function answers(output) {
	if (!output) return { 204: { description: "Done; there is no result." } };
	const kinds = answerKinds(output);
	if (kinds.includes("json")) return { 200: { description: "The result.", content: { "application/json": { schema: components(output) } } } };
	return {
		...(kinds.includes("html") ? { 200: { description: "A page.", content: { "text/html": { schema: { type: "string" } } } } } : {}),
		...(kinds.includes("redirect") ? { "3XX": { description: "Elsewhere in the app.", headers: { Location: { schema: { type: "string" } } } } } : {}),
	};
}

/** @param {string} name @param {FunctionContract} contract @param {Map<string, Schema>} roots @param {boolean} open */
function responses(name, contract, roots, open) {
	const output = roots.get(`${name}:output`);
	/** @type {Record<string, unknown>} */
	const all = answers(output);
	/** @type {Map<number, { names: string[], schemas: unknown[] }>} */
	const byStatus = new Map();
	for (const e of contract.errors) {
		const at = byStatus.get(e.status) ?? { names: [], schemas: [] };
		const data = roots.get(`${name}:error:${e.name}`);
		at.names.push(e.title ? `${e.name}: ${e.title}` : e.name);
		at.schemas.push({
			allOf: [{ $ref: "#/components/schemas/Problem" }],
			properties: { error: { const: e.name }, ...(data ? { data: components(data) } : {}) },
			required: data ? ["error", "data"] : ["error"],
		});
		byStatus.set(e.status, at);
	}
	const general = { $ref: "#/components/schemas/Problem" };
	/** @param {number} status @param {string} description */
	const add = (status, description) => {
		const declared = byStatus.get(status);
		const schemas = declared ? [...declared.schemas, general] : [general];
		const text = declared ? [...declared.names, description].join("; ") : description;
		all[status] = { description: text, content: { "application/problem+json": { schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas } } } };
	};
	add(400, "The input is not of its type; errors says where and why.");
	if (!open) add(401, "Nobody is signed in.");
	if (!open) add(403, "The caller is not allowed.");
	for (const [status, { names, schemas }] of byStatus)
		all[status] ??= { description: names.join("; "), content: { "application/problem+json": { schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas } } } };
	all["default"] = { description: "Any other failure.", content: { "application/problem+json": { schema: general } } };
	return all;
}
