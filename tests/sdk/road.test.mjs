// The generated client against the real program: every kind of type there and back through gateway, worker and sandbox.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { copyApp } from "../scenario/lib.mjs";
import { serving } from "./shop.mjs";

const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
const everything = {
	id: 12345678901234567890n, at, file: Uint8Array.from({ length: 256 }, (_, i) => i), tags: [at, new Date(0)], byName: { a: 5n, "b c": -7n }, shape: { kind: "dot", when: at },
	maybe: null, tree: { grown: at, branches: [{ grown: at, branches: [] }] }, pair: [at, "x\u00e9\u{1f642}"], loose: "never",
};

test("what a client sends is what it gets back, with its types", () => {
	let dir;
	return serving([() => (dir = copyApp("tests/sdk/apps/kinds"))], async (base) => {
		const file = path.join(dir, ".ward/public/_ward/client.mjs");
		fs.copyFileSync(path.join(dir, ".ward/public/_ward/client.js"), file);
		const client = await import(pathToFileURL(file).href);
		client.configure({ baseUrl: base });
		assert.deepEqual(await client.api.echoAll({ all: everything }), everything);
		assert.deepEqual((await client.api.echoAll({ all: { ...everything, shape: { kind: "line", length: 0.5 }, maybe: at } })).shape, { kind: "line", length: 0.5 });

		const late = await client.api.echoAll.result({ all: { ...everything, at: new Date(0) } });
		assert.ok(late.error instanceof client.TooLate && late.error.data.since.getTime() === 0);
		const gone = await client.api.echoAll.result({ all: { ...everything, id: 0n } });
		assert.ok(gone.error instanceof client.UnreachableDeclared);

		const found = await client.api.search({ colour: "red", page: 2, tags: ["a b", "c&d/\u00e9"], since: at, exact: false });
		assert.equal(found.url, `red/2/a b+c&d/\u00e9/${at.toISOString()}/false`);
		const refused = await client.api.search.result({ colour: "blue", page: "x" });
		assert.ok(refused.error instanceof client.InvalidInput);
		assert.deepEqual(refused.error.problems.map((p) => p.path).sort(), ["/colour", "/page"]);
		assert.ok((await client.api.whoAmI.result()).error instanceof client.SignInNeeded);
		assert.ok((await client.api.relay.result({ text: "a" })).error instanceof client.ApiError);
	});
});
