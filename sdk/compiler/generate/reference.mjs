// The reference page of the app's functions at /_ward/reference.html: plain HTML, no script, no inline style.
import fs from "node:fs";
import path from "node:path";
import { isPublic, pathParameters, writeIfChanged } from "../app.mjs";
import { sdkDir } from "../declarations.mjs";
import { answerKinds } from "../function.mjs";
import { hasBody } from "../http_input.mjs";
import { typeText } from "../schema/to_type.mjs";
import { nameTypes } from "./names.mjs";

/**
 * @typedef {import("../app.mjs").App} App
 * @typedef {import("../schema/types.mjs").Schema} Schema
 * @typedef {import("./client.mjs").Contracts} Contracts
 * @typedef {import("../function.mjs").FunctionContract} FunctionContract
 */

/** Text that is safe where HTML is expected: what html`` makes of its parts. */
class Safe {
	/** @param {string} text */
	constructor(text) {
		this.text = text;
	}
}

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** @param {unknown} value @returns {string} */
function part(value) {
	if (value instanceof Safe) return value.text;
	if (Array.isArray(value)) return value.map(part).join("");
	return value === undefined || value === false ? "" : escape(String(value));
}

/** @param {TemplateStringsArray} texts @param {unknown[]} values */
function html(texts, ...values) {
	return new Safe(texts.map((text, i) => text + (i < values.length ? part(values[i]) : "")).join(""));
}

/** @param {App} app @param {Contracts} contracts */
export function writeReference(app, contracts) {
	const folder = path.join(app.ward, "public", "_ward");
	writeIfChanged(path.join(folder, "reference.css"), fs.readFileSync(path.join(sdkDir, "browser", "reference.css"), "utf8"));
	writeIfChanged(path.join(folder, "reference.html"), referencePage(app, contracts));
}

/** @param {App} app @param {Contracts} contracts */
export function referencePage(app, contracts) {
	const callable = Object.entries(contracts).filter(([name]) => app.functions[name]?.http);
	const { types, roots } = nameTypes(callable.flatMap(([name, c]) => labelled(name, c)));
	const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${app.name}: reference</title>
<link rel="stylesheet" href="/_ward/reference.css">
</head>
<body>
<header>
<h1>${app.name}</h1>
<p>What this app answers, generated from its types. For machines: <a href="/_ward/openapi.json">openapi.json</a>.</p>
<nav aria-label="Functions"><ul>${callable.map(([name]) => html`<li><a href="#${name}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${callable.map(([name, c]) => article(name, c, app, roots, types))}
${types.size > 0 && html`<h2>Types</h2>`}
${[...types].map(([name, s]) => html`<article id="type-${name}"><h2><code>${name}</code></h2>${s.description && html`<p>${s.description}</p>`}${members(s, []) ?? html`<p><code>${typeText(s)}</code></p>`}</article>
`)}
</main>
</body>
</html>
`;
	return page.text;
}

/** @param {string} name @param {FunctionContract} c @returns {[string, Schema][]} */
function labelled(name, c) {
	/** @type {[string, Schema][]} */
	const all = [[`${name}:input`, c.input]];
	if (c.output) all.push([`${name}:output`, c.output]);
	for (const e of c.errors) if (e.schema) all.push([`${name}:error:${e.name}`, e.schema]);
	return all;
}

/** @param {string} name @param {FunctionContract} contract @param {App} app @param {Map<string, Schema>} roots @param {Map<string, Schema>} types */
function article(name, contract, app, roots, types) {
	const f = /** @type {import("../app.mjs").AppFunction} */ (app.functions[name]);
	const http = /** @type {{ method: string, path: string }} */ (f.http);
	const inPath = pathParameters(http.path);
	const rest = hasBody(http.method) ? "body" : "query";
	const who = isPublic(f) ? "Anyone may call it." : "For those who are signed in.";
	const output = roots.get(`${name}:output`);
	const named = roots.get(`${name}:input`) ?? {};
	const input = named.$ref ? (types.get(named.$ref.slice("#/$defs/".length)) ?? {}) : named;
	return html`<article id="${name}">
<h2>${name}</h2>
<p class="route">${http.method} ${http.path}</p>
<p class="who">${who}</p>
${contract.description && html`<p>${contract.description}</p>`}
${(members(input, inPath, rest) || input.anyOf || input.oneOf) && html`<h3>Input</h3>${members(input, inPath, rest) ?? shownType(input)}`}
<h3>Output</h3><p>${output ? shownOutput(output) : "Nothing."}</p>
${contract.errors.length > 0 && html`<h3>Errors</h3><div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Name</th><th scope="col">Status</th><th scope="col">Data</th><th scope="col">When</th></tr></thead><tbody>${contract.errors.map((e) => {
		const data = roots.get(`${name}:error:${e.name}`);
		return html`<tr><td><code>${e.name}</code></td><td>${e.status}</td><td>${data && shownType(data)}</td><td>${e.title}</td></tr>`;
	})}</tbody></table></div>`}
</article>
`;
}

/** @param {Schema} output */
function shownOutput(output) {
	const words = new Map([["html", "A page"], ["redirect", "a redirect within the app"]]);
	const kinds = answerKinds(output);
	return kinds.includes("json") ? shownType(output) : `${kinds.map((k) => words.get(k) ?? k).join(" or ")}.`;
}

/** @param {Schema} schema */
function shownType(schema) {
	const name = (schema.$ref ?? (typeof schema.items === "object" ? schema.items.$ref : undefined))?.slice("#/$defs/".length);
	const text = html`<code>${typeText(schema, { bare: true })}</code>`;
	return name ? html`<a href="#type-${name}">${text}</a>` : text;
}

/** @param {Schema} schema @param {string[]} inPath @param {string} [rest] */
function members(schema, inPath, rest) {
	const entries = Object.entries(schema.properties ?? {});
	if (entries.length === 0) return undefined;
	return html`<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Member</th><th scope="col">Type</th><th scope="col">Limits</th>${rest && html`<th scope="col">In</th>`}<th scope="col">About</th></tr></thead><tbody>
${entries.map(([name, s]) => html`<tr><td><code>${name}${!schema.required?.includes(name) && "?"}</code></td><td>${shownType(s)}</td><td>${limits(s)}</td>${rest && html`<td>${inPath.includes(name) ? "path" : rest}</td>`}<td>${s.description}</td></tr>
`)}</tbody></table></div>`;
}

/** @type {[string, string][]} */
const limitWords = [
	["minLength", "at least # characters"], ["maxLength", "at most # characters"], ["pattern", "matches #"], ["format", "#"],
	["minimum", "at least #"], ["maximum", "at most #"], ["exclusiveMinimum", "above #"], ["exclusiveMaximum", "below #"], ["multipleOf", "a multiple of #"],
	["minItems", "at least # items"], ["maxItems", "at most # items"], ["uniqueItems", "no item twice"], ["minProperties", "at least # members"],
	["maxProperties", "at most # members"], ["x-ward-pii", "personal"], ["x-ward-secret", "secret"], ["default", "default #"],
];

/** @param {Schema} schema */
function limits(schema) {
	const words = limitWords.filter(([key]) => schema[key] !== undefined && !(key === "pattern" && schema["x-ward-type"]));
	return words.map(([key, text]) => text.replace("#", String(schema[key]))).join(", ");
}
