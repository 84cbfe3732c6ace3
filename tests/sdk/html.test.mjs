// html`` and redirect(): what the compiler refuses, and that no value can say more than text, judged by an outside HTML parser.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { readTemplate } from "../../sdk/guest/html_context.mjs";
import { run } from "./bundle_run.mjs";
import { copyApp, here } from "./compiler.mjs";

const require = createRequire(path.join(here, "..", "package.json"));
const { parse } = await import(pathToFileURL(require.resolve("parse5")).href);

let app;
before(() => {
	app = copyApp("tests/sdk/apps/kinds", "kinds");
	assert.deepEqual(app.compile(), { status: 0, findings: [] });
});
after(() => app.done());

test("each hole is known by its place", () => {
	assert.deepEqual(readTemplate(["<p>", "</p>"]).holes, ["text"]);
	assert.deepEqual(readTemplate(["<a href=\"", "\" title='", "'>", "</a>"]).holes, ["url", "attribute", "text"]);
	assert.deepEqual(readTemplate(["<a href=\"/x/", "?a=", "\">"]).holes, ["url-part", "url-part"]);
	assert.deepEqual(readTemplate(["<a href = \"", "", "\">"]).holes, ["url", "url-part"]);
	assert.deepEqual(readTemplate(["<title>", "</title><textarea>", "</textarea><img alt=\"", "\" />", ""]).holes, ["text", "text", "attribute", "text"]);
	assert.deepEqual(readTemplate(["<!-- a > b --><p data-x=\"", "\">", "</p><!doctype html>"]).holes, ["attribute", "text"]);
	assert.deepEqual(readTemplate(["<p>plain</p>"]).holes, []);
});

test("where no value is safe, none goes", () => {
	const refused = [
		["<p ", ">"], ["<p x=", ">"], ["<p x=a", ">"], ["<", ">"], ["</p", ">"], ["<p ", "=\"a\">"], ["<!-- ", " -->"], ["<script>", "</script>"], ["<script>let a = \"", "\"</script>"], ["<style>", "</style>"],
		["<p style=\"", "\">"], ["<p onclick=\"", "\">"], ["<iframe srcdoc=\"", "\">"], ["<img srcset=\"", "\">"], ["<svg><script>", "</script>"], ["<p\n\tONCLICK=\"", "\">"], ["<p a=\"1\"style=\"", "\">"], ["<p/onload=\"", "\">"],
		["<p title=\""], ["<p title=\"", ""], ["<textarea>", ""], ["a < b", ""], ["<script>x</script>"], ["<!-- ", ""], ["<noscript>", "</noscript>"], ["<meta http-equiv=\"", "\">"],
	];
	for (const parts of refused) assert.ok("wrong" in readTemplate(parts), JSON.stringify(parts));
	assert.ok("holes" in readTemplate(["<script src=\"/a.js\"></script><p>", "</p>"]));
});

const hostile = [
	"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "javascript:alert(1)", " javascript:alert(1)", "JaVa\tScript:alert(1)", "\u0001javascript:x", "data:text/html,<script>1</script>", "vbscript:x",
	"</title><script>1</script>", "--><script>1</script>", "&lt;script&gt;", "&#106;avascript:1", "`${1}`", "\u0000<b>", "../../admin", "?a=1&b=2#c", "//evil.example", "\ud800", ":x", "a:b", "{{x}}", "]]>", "<!--", "\u2028",
];

/** Tags with the names of their attributes, every text and attribute value, and the addresses, in order. */
function structure(document) {
	const tags = [], texts = [], links = [];
	const walk = (node) => {
		if (node.tagName) tags.push([node.tagName, ...node.attrs.map((a) => a.name)].join(" "));
		for (const a of node.attrs ?? []) (a.name === "href" ? links : texts).push(a.value);
		if (node.nodeName === "#text") texts.push(node.value);
		for (const child of node.childNodes ?? []) walk(child);
	};
	walk(document);
	return { tags, texts, links };
}

test("no value changes the structure of a page, and addresses run nothing", async () => {
	const pageOf = async (value) => structure(parse((await run(app, "page", JSON.stringify({ title: value, items: [value, "plain"] }))).end.value));
	const benign = await pageOf("plain");
	for (const value of hostile) {
		const { tags, texts, links } = await pageOf(value);
		assert.deepEqual(tags, benign.tags, value);
		for (const link of links) assert.match(new URL(link, "https://app.example/x/").protocol, /^(https?|mailto|tel|about):$/, `${value} as ${link}`);
		const [, search] = links;
		assert.equal(new URL(search, "https://app.example/").pathname, "/find");
		assert.equal(new URLSearchParams(search.slice("/find".length)).get("q"), value.replace("\ud800", "\ufffd"));
		// NUL is dropped by the parser itself.
		if (!value.includes("\0")) assert.equal(texts.filter((t) => t === value.replace("\ud800", "\ufffd")).length, 4, `shown as it is: ${value}`);
	}
});

test("a redirect stays in the app, and nothing but html`` is a page", async () => {
	const to = async (address, bad) => (await run(app, "go", JSON.stringify({ to: address, ...(bad ? { bad } : {}) }))).end;
	for (const good of ["/", "/a", "/a?b=c#d", "/a//b", "/%0d%0a"]) assert.deepEqual(await to(good), { value: { to: good, status: 303 } });
	for (const bad of ["", "a", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nSet-Cookie: x", "/a b", "/\t/evil", "/\u00e9"]) assert.equal((await to(bad)).name, "TypeError", bad);
	assert.equal((await to("/a", true)).name, "TypeError", "an object that looks like a redirect is none");
});

test("the schema marks what the answer is, and the client leaves pages out", () => {
	const { functions } = app.json(".ward/build/contract.json");
	assert.deepEqual(functions.page.output, { type: "string", "x-ward-text": "any", maxLength: 1000000, "x-ward-output": "html" });
	assert.deepEqual(functions.go.output.anyOf.map((o) => o["x-ward-output"]).sort(), ["html", "redirect"]);
	const pattern = new RegExp(functions.go.output.anyOf.find((o) => o.type === "object").properties.to.pattern, "u");
	assert.deepEqual(["/", "/a?b", "//a", "/\\a", "a", "/a b", "/a\n"].map((t) => pattern.test(t)), [true, true, false, false, false, false, false]);
	assert.doesNotMatch(app.read(".ward/client.ts"), /\bpage: endpoint/);
	assert.ok(app.json(".ward/openapi.json").paths["/page"].post.responses[200].content["text/html"]);
});

test("the compiler refuses at the hole, and pages only as the whole result", () => {
	const broken = copyApp("tests/sdk/apps/kinds", "kinds");
	try {
		const source = broken.read("functions/kinds.ts");
		const finding = (from, to) => {
			assert.ok(source.includes(from));
			broken.write("functions/kinds.ts", source.replace(from, to));
			const [first] = broken.compile().findings;
			const line = first && broken.read("functions/kinds.ts").split("\n")[first.line - 1];
			return [first?.code, line?.slice(first.column - 1, first.column - 1 + first.length)];
		};
		assert.deepEqual(finding("<h1 title=\"${title}\">", "<h1 title=${title}>"), ["html", "title"]);
		assert.equal(finding("<h1 title=\"${title}\">", "<h1 onclick=\"${title}\">")[0], "html");
		assert.equal(finding("): { url: string } {", "): { url: string; page?: Html } {")[0], "type/output");
		assert.equal(finding("}): Html {", "}): Html | string {")[0], "type/output");
	} finally {
		broken.done();
	}
});
