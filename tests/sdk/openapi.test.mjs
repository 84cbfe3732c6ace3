// openapi.json by an outside validator, its schemas by another, and the reference page.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { copyApp, here } from "./compiler.mjs";

const require = createRequire(path.join(here, "..", "package.json"));
const apps = [["examples/shop", "shop"], ["examples/bank", "bank"], ["examples/hello", "hello"], ["tests/sdk/apps/kinds", "kinds"]];
const made = new Map();

before(() => {
	for (const [dir, data] of apps) {
		const app = copyApp(dir, data);
		made.set(data, app);
		assert.deepEqual(app.compile(), { status: 0, findings: [] });
	}
});
after(() => made.forEach((app) => app.done()));

for (const [, name] of apps)
	test(`${name}: valid OpenAPI 3.1`, async () => {
		const { Validator } = await import(pathToFileURL(require.resolve("@seriousme/openapi-schema-validator")).href);
		const validator = new Validator();
		const result = await validator.validate(made.get(name).json(".ward/openapi.json"));
		assert.ok(result.valid, JSON.stringify(result.errors));
		assert.equal(validator.version, "3.1");
		assert.equal(made.get(name).read(".ward/openapi.json"), made.get(name).read(".ward/public/_ward/openapi.json"));
	});

test("every reference leads somewhere and every schema compiles", () => {
	const Ajv = require("ajv/dist/2020").default;
	for (const [, name] of apps) {
		const document = made.get(name).json(".ward/openapi.json");
		const ajv = new Ajv({ strict: false });
		require("ajv-formats").default(ajv);
		ajv.addSchema(document, "doc");
		const pointers = [];
		const walk = (at, pointer) => {
			if (typeof at !== "object" || at === null) return;
			if (/\/schema$|\/schemas\/[^/]+$/.test(pointer)) pointers.push(pointer);
			for (const [key, value] of Object.entries(at)) walk(value, `${pointer}/${encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))}`);
		};
		walk(document, "");
		assert.ok(pointers.length > 0);
		for (const pointer of pointers) assert.equal(typeof ajv.getSchema(`doc#${pointer}`), "function", pointer);
	}
});

test("the shop's operations say what they take and give", () => {
	const { paths, components } = made.get("shop").json(".ward/openapi.json");
	assert.deepEqual(Object.keys(paths).sort(), ["/orders", "/orders/{order}", "/orders/{order}/pay", "/products"]);
	const pay = paths["/orders/{order}/pay"].post;
	assert.deepEqual(pay.parameters.map((p) => [p.name, p.in, p.required, p.schema.type]), [["order", "path", true, "integer"]]);
	const body = pay.requestBody.content["application/json"].schema;
	assert.deepEqual([Object.keys(body.properties), body.required, body.additionalProperties], [["card"], ["card"], false]);
	assert.deepEqual(Object.keys(pay.responses), ["200", "400", "401", "402", "403", "404", "409", "503", "default"]);
	assert.deepEqual(paths["/products"].get.security, []);
	assert.equal(paths["/products"].get.responses[200].content["application/json"].schema.items.$ref, "#/components/schemas/Product");
	assert.equal(components.schemas.Product.properties.sku.maxLength, 40);
});

test("the reference page escapes, has no script and no inline style", () => {
	const app = copyApp("examples/hello", "hello");
	try {
		app.write("functions/echo.ts", "/** <script>alert(1)</script> & \"more\" */\nexport function echo(input: {\n\t/** <img src=x onerror=alert(2)> */\n\ta: \"<b>\";\n}): string {\n\treturn input.a;\n}\n");
		assert.deepEqual(app.compile(), { status: 0, findings: [] });
		const page = app.read(".ward/public/_ward/reference.html");
		assert.doesNotMatch(page, /<script|<img|<b>|<style|<[^>]*\s(style|on[a-z]+)=/);
		assert.match(page, /&#60;script&#62;alert\(1\)&#60;\/script&#62; &#38; &#34;more&#34;/);
	} finally {
		app.done();
	}
});

test("the C header of every app compiles without a warning, and says what the types say", () => {
	for (const [, name] of apps) {
		const file = path.join(made.get(name).dir, ".ward/contract.h");
		const done = spawnSync("cc", ["-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c", file], { encoding: "utf8" });
		assert.equal(done.stderr, "", name);
	}
	const shop = made.get("shop").read(".ward/contract.h");
	assert.match(shop, /struct shop_pay_input \{\n\tint64_t order;\n\tstruct ward_text card;\n\};/);
	assert.match(shop, /struct shop_order_line \{\n\tstruct ward_text sku;\n\tint64_t qty;\n\};/);
});
