// The compiler as a program: what it writes, what it refuses and where, and that it leaves alone what has not changed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { test } from "node:test";
import { copyApp, root } from "./compiler.mjs";

function withApp(from, data, run) {
	const app = copyApp(from, data);
	try {
		return run(app);
	} finally {
		app.done();
	}
}

for (const [dir, data] of [["examples/hello", "hello"], ["examples/shop", "shop"], ["examples/bank", "bank"], ["tests/sdk/apps/kinds", "kinds"]])
	test(`${dir} compiles and a second run writes nothing`, () =>
		withApp(dir, data, (app) => {
			assert.deepEqual(app.compile(), { status: 0, findings: [] });
			const files = () => fs.readdirSync(path.join(app.dir, ".ward"), { recursive: true }).map((f) => [f, fs.statSync(path.join(app.dir, ".ward", f)).mtimeMs]);
			const before = files();
			assert.deepEqual(app.compile(), { status: 0, findings: [] });
			assert.deepEqual(files(), before);
		}));

test("the contract has what ARCHITECTURE.md says and no more", () =>
	withApp("tests/sdk/apps/kinds", "kinds", (app) => {
		app.compile();
		const { functions } = app.json(".ward/build/contract.json");
		assert.deepEqual(Object.keys(functions), Object.keys(app.data.functions));
		for (const [name, f] of Object.entries(functions)) {
			assert.deepEqual(Object.keys(f).filter((k) => !["input", "output", "errors", "bundle", "map", "uses", "queries", "description"].includes(k)), []);
			assert.ok(fs.existsSync(path.join(app.out, f.bundle)) && fs.existsSync(path.join(app.out, f.map)), name);
			for (const e of f.errors) assert.deepEqual(Object.keys(e).filter((k) => !["name", "status", "title", "schema"].includes(k)), []);
		}
		assert.equal(functions.forget.output, undefined);
		assert.deepEqual(functions.relay.uses, ["caller", "events", "http", "log", "secrets"]);
		assert.deepEqual(functions.echoAll.errors.map((e) => e.name), ["TooLate", "Unreachable"]);
		assert.ok(app.json(".ward/build/echoAll.js.map").sources.includes("functions/kinds.ts"));
	}));

/** The one finding that a change to the shop brings. */
function refusal(file, from, to, changeData) {
	return withApp("examples/shop", "shop", (app) => {
		if (file) {
			const text = app.read(file);
			assert.ok(text.includes(from), `${file} has ${from}`);
			app.write(file, text.replace(from, to));
		}
		if (changeData) {
			changeData(app.data);
			app.setData(app.data);
		}
		const { status, findings } = app.compile();
		assert.equal(status, 1);
		assert.ok(!fs.existsSync(path.join(app.out, "contract.json")), "no contract is written beside findings");
		const line = file ? app.read(file).split("\n") : [];
		return { findings, first: findings[0], marked: findings[0] && line[findings[0].line - 1]?.slice(findings[0].column - 1, findings[0].column - 1 + findings[0].length) };
	});
}

test("a query that a function does not list is refused where it is called", () => {
	const { first, marked, findings } = refusal(undefined, "", "", (d) => (d.functions.createOrder.queries = ["GetProduct", "InsertOrder", "InsertLine"]));
	assert.equal(findings.length, 1);
	assert.equal(first.file, "functions/orders.ts");
	assert.equal(first.code, "query/not-listed");
	assert.match(first.message, /createOrder may not run query TakeStock/);
	assert.match(first.hint, /Add TakeStock to `queries`/);
	assert.equal(marked, undefined);
});

test("also through a helper, a destructured name and a key", () => {
	const helper = refusal("functions/pay.ts", "await db.markPaid({ order: id, charge });", "await helper(id); await db.markPaid({ order: id, charge });\n\tfunction helper(order: number) { return db.listOwnLines({ order }); }");
	assert.match(helper.first.message, /pay may not run query ListOwnLines/);
	assert.equal(helper.marked, "listOwnLines");
	const bound = refusal("functions/pay.ts", "const order = await", "const { listOwnOrders } = db;\n\tawait listOwnOrders();\n\tconst order = await");
	assert.match(bound.first.message, /ListOwnOrders/);
	const keyed = refusal("functions/pay.ts", "const order = await", "await db[\"listOwnOrders\"]();\n\tconst order = await");
	assert.match(keyed.first.message, /ListOwnOrders/);
	const dynamic = refusal("functions/pay.ts", "const order = await", "run(\"getOwnOrder\");\n\tfunction run<K extends keyof typeof db>(key: K) { return db[key]; }\n\tconst order = await");
	assert.equal(dynamic.first.code, "query/dynamic");
});

test("what is only in the same file does not count", () =>
	withApp("examples/shop", "shop", (app) => {
		app.data.functions.listOrders.queries = ["ListOwnOrders"];
		assert.equal(app.compile().status, 0);
	}));

test("a host, topic or secret that the contract does not name is a type error", () => {
	const { first, marked } = refusal("functions/pay.ts", "`${bank}/charges`", "\"https://evil.example/charges\"");
	assert.equal(first.code, "ts2345");
	assert.equal(marked, "\"https://evil.example/charges\"");
});

test("an ordinary type error has its place in bytes", () => {
	const { first, marked } = refusal("functions/products.ts", "return text", "const \u00fc\u00fc: number = \"x\"; return text");
	assert.equal(first.code, "ts2322");
	assert.equal(first.column, 8);
	assert.equal(first.length, 4);
	assert.ok(marked);
});

test("path and query parameters must be readable from text", () => {
	const path1 = refusal(undefined, "", "", (d) => (d.functions.getOrder.http.path = "/orders/{id}"));
	assert.match(path1.first.message, /has no required member "id"/);
	const optional = refusal("functions/pay.ts", "order: OrderId;", "order?: OrderId;");
	assert.ok(optional.first);
	const nested = refusal("functions/products.ts", "text?: string;", "text?: string;\n\tfilter?: { a: string };");
	assert.match(nested.first.message, /"filter" cannot be read from a query/);
	assert.equal(nested.first.code, "http/query");
});

test("node's modules are refused with what to do instead", () => {
	const { first } = refusal("functions/pay.ts", "const bank =", "// @ts-ignore\nimport fs from \"node:fs\";\nfs.rmSync(\"/\");\nconst bank =");
	assert.equal(first.code, "bundle");
	assert.match(first.hint, /no file system/);
});

test("a page that misuses the client is refused at its line", () =>
	withApp("examples/shop", "shop", (app) => {
		app.write("public/main.ts", app.read("public/main.ts").replace("lines: cartLines()", "lines: [{ sku: 5 }]"));
		const { status, findings } = app.compile();
		assert.equal(status, 1);
		assert.equal(findings[0].file, "public/main.ts");
	}));

test("an npm package of the app is bundled, with its types", () =>
	withApp("examples/hello", "hello", (app) => {
		app.write("node_modules/shout/package.json", JSON.stringify({ name: "shout", version: "1.0.0", type: "module", main: "index.js", types: "index.d.ts" }));
		app.write("node_modules/shout/index.js", "export const shout = (text) => text.toUpperCase() + '!';");
		app.write("node_modules/shout/index.d.ts", "/** @maxLength 3 */\nexport type Short = string;\nexport declare function shout(text: string): string;");
		app.write("functions/echo.ts", 'import { shout, type Short } from "shout";\nexport function echo(input: { a: Short }): { said: string } {\n\treturn { said: shout(input.a) };\n}\n');
		assert.deepEqual(app.compile(), { status: 0, findings: [] });
		assert.match(app.read(".ward/build/echo.js"), /toUpperCase/);
		assert.equal(app.json(".ward/build/contract.json").functions.echo.input.properties.a.maxLength, 3);
	}));

test("--serve builds again and again, and sees what appeared, changed and went", async () => {
	const app = copyApp("examples/shop", "shop");
	const child = spawn(process.execPath, [path.join(root, "sdk/compile.mjs"), "--serve"], { stdio: ["pipe", "pipe", "inherit"] });
	const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const build = async () => {
		child.stdin.write(JSON.stringify({ app: app.dir, data: path.join(app.out, "data.json"), out: app.out }) + "\n");
		for (const findings = []; ; ) {
			const line = JSON.parse((await lines.next()).value);
			if (line.end) return { status: line.status, findings };
			findings.push(line);
		}
	};
	try {
		assert.deepEqual(await build(), { status: 0, findings: [] });
		const before = app.read("functions/pay.ts");
		app.write("functions/pay.ts", before.replace("const bank = ", "import { extra } from \"./extra.ts\";\nconst more: number = extra;\nconst bank = ").replace("paidCents: order.totalCents", "paidCents: order.totalCents + more"));
		assert.match((await build()).findings[0].message, /Cannot find module '.\/extra.ts'/);
		app.write("functions/extra.ts", "export const extra = \"text\";\n");
		assert.equal((await build()).findings[0].code, "ts2322");
		app.write("functions/extra.ts", "export const extra = 5;\n");
		assert.deepEqual(await build(), { status: 0, findings: [] });
		app.write("functions/extra.ts", "export const extra = 7;\n");
		assert.equal((await build()).status, 0);
		assert.match(app.read(".ward/build/pay.js"), /extra = 7/);
		fs.rmSync(path.join(app.dir, "functions/extra.ts"));
		assert.equal((await build()).status, 1);
		app.write("functions/pay.ts", before);
		app.write("public/extra.ts", "console.log(1);\n");
		assert.equal((await build()).status, 0);
		assert.ok(fs.existsSync(path.join(app.dir, ".ward/public/extra.js")));
		fs.rmSync(path.join(app.dir, "public/extra.ts"));
		assert.equal((await build()).status, 0);
		assert.ok(!fs.existsSync(path.join(app.dir, ".ward/public/extra.js")), "a script whose source went goes too");
	} finally {
		child.stdin.end();
		app.done();
	}
});
