// Many customers order at once: SQLite has one writer at a time, and still every order is made or refused for its own reason.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp } from "./lib.mjs";

let app, cookie;
before(async () => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"), { force: true });
	app = await Served.start(dir);
	const answer = await app.call("POST", "/_ward/auth/sign-up", { email: "ada@example.org", password: "nine lives and a harbour" });
	assert.equal(answer.status, 200, answer.text);
	cookie = answer.headers.get("set-cookie").split(";")[0];
});
after(async () => {
	await app.stop();
});

test("transactions of many requests take turns; the stock is sold exactly once", async () => {
	const before = (await app.call("GET", "/products")).body.find((p) => p.sku === "notebook-a5").stock;
	const statuses = [];
	let left = before + 40;
	await Promise.all(
		Array.from({ length: 64 }, async () => {
			while (left-- > 0) statuses.push((await app.call("POST", "/orders", { lines: [{ sku: "notebook-a5", qty: 1 }] }, { cookie })).status);
		}));
	const count = (status) => statuses.filter((s) => s === status).length;
	assert.deepEqual([count(200), count(409), statuses.length - count(200) - count(409)], [before, 40, 0]);
	const unsold = (await app.call("GET", "/products")).body.find((p) => p.sku === "notebook-a5").stock;
	assert.equal(unsold, 0);
	assert.equal((await app.call("GET", "/orders", undefined, { cookie })).body.length > 0, true);
});

test("what a refused order had taken was put back", async () => {
	const lamp = async () => (await app.call("GET", "/products")).body.find((p) => p.sku === "lamp-brass").stock;
	const stock = await lamp();
	const answer = await app.call("POST", "/orders", { lines: [{ sku: "lamp-brass", qty: 1 }, { sku: "notebook-a5", qty: 1 }] }, { cookie });
	assert.equal(answer.status, 409);
	assert.equal(answer.body.error, "OutOfStock");
	assert.equal(answer.body.data.sku, "notebook-a5");
	assert.equal(await lamp(), stock);
});
