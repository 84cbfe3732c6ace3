// Bundles as the engine evaluates them, in QuickJS with a host made here: what the module "ward" asks of the host.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { copyApp } from "./compiler.mjs";
import { run } from "./bundle_run.mjs";

let kinds, shop;
before(() => {
	kinds = copyApp("tests/sdk/apps/kinds", "kinds");
	shop = copyApp("examples/shop", "shop");
	for (const app of [kinds, shop]) assert.deepEqual(app.compile(), { status: 0, findings: [] });
});
after(() => {
	kinds.done();
	shop.done();
});

test("a transaction begins, runs its queries and commits", async () => {
	const { end, calls, logs } = await run(shop, "createOrder", `{ lines: [{ sku: "a", qty: 2 }, { sku: "a", qty: 1 }, { sku: "b", qty: 1 }] }`, {
		"query GetProduct": [`{ sku: "a", name: "A", priceCents: 100, stock: 9 }`, `{ sku: "b", name: "B", priceCents: 50, stock: 9 }`],
		"query TakeStock": [`{ changes: 1, lastId: 0 }`, `{ changes: 1, lastId: 0 }`], "query InsertOrder": [`{ id: 7 }`], "query InsertLine": [`{ changes: 1, lastId: 0 }`, `{ changes: 1, lastId: 0 }`],
	});
	assert.deepEqual(end, { value: { id: 7, totalCents: 350 } });
	assert.deepEqual(calls.map(([verb, name]) => `${verb} ${name}`.trim()), ["begin", "query GetProduct", "query TakeStock", "query GetProduct", "query TakeStock", "query InsertOrder", "query InsertLine", "query InsertLine", "commit"]);
	assert.deepEqual(calls[2][2], { sku: "a", qty: 3 });
	assert.match(logs[0][1], /^order opened \{"order":7/);
});

test("a declared error ends it with a rollback", async () => {
	const { end, calls } = await run(shop, "createOrder", `{ lines: [{ sku: "a", qty: 2 }] }`, { "query GetProduct": [`{ sku: "a", name: "A", priceCents: 100, stock: 1 }`], "query TakeStock": [`{ changes: 0, lastId: 0 }`] });
	assert.deepEqual(end, { name: "OutOfStock", message: "Not enough in stock", wardError: "OutOfStock", status: 409, data: { sku: "a", name: "A", left: 1 }, error: true });
	assert.deepEqual(calls.at(-1).slice(0, 2), ["rollback", ""]);
});

test("what the host refuses arrives as an error, also when the rollback fails", async () => {
	const { end, calls } = await run(shop, "createOrder", `{ lines: [{ sku: "a", qty: 2 }] }`, { "query GetProduct": ["!not in its contract"], "rollback ": ["!gone"] });
	assert.equal(end.message, "not in its contract");
	assert.equal(end.wardError, undefined);
	assert.equal(calls.at(-1)[0], "rollback");
});

test("http carries method, path, headers and body, and hands out the answer", async () => {
	const { end, calls } = await run(kinds, "relay", `{ text: "hi" }`, { "secret RELAY_KEY": [`"k"`], "http relay.example.com": [`{ status: 201, headers: { a: "b" }, body: new Uint8Array([226, 130, 172]) }`] });
	assert.deepEqual(end, { value: { status: 201, said: "\u20ac", by: "nobody" } });
	const call = calls.find(([verb]) => verb === "http");
	assert.deepEqual(call, ["http", "relay.example.com", { method: "PUT", path: "/say?key=k", headers: { "content-type": "text/plain; charset=utf-8", "x-from": "kinds" }, body: "hi" }]);
	assert.deepEqual(calls.find(([verb]) => verb === "publish"), ["publish", "relay.said", { text: "hi" }]);
});

test("the bank: paid, declined, unreachable", async () => {
	const order = { "query GetOwnOrder": [`{ id: 3, status: "open", totalCents: 500, note: null, createdAt: new Date(0), paidAt: null }`] };
	const paid = await run(shop, "pay", `{ order: 3, card: "4242424242424242" }`, { ...order, "http 127.0.0.1:8090": [`{ status: 200, headers: {}, body: '{"id":"c1"}' }`] });
	assert.deepEqual(paid.end, { value: { order: 3, charge: "c1", paidCents: 500 } });
	assert.deepEqual(JSON.parse(paid.calls.find(([v]) => v === "http")[2].body), { reference: "shop-order-3", amountCents: 500, card: "4242424242424242" });
	const declined = await run(shop, "pay", `{ order: 3, card: "4242424242424242" }`, { ...order, "http 127.0.0.1:8090": [`{ status: 402, headers: {}, body: "{}" }`] });
	assert.equal(declined.end.wardError, "CardDeclined");
	const away = await run(shop, "pay", `{ order: 3, card: "4242424242424242" }`, { ...order, "http 127.0.0.1:8090": ["!connection refused"] });
	assert.equal(away.end.wardError, "BankUnavailable");
	assert.equal(away.end.status, 503);
});

test("caller is read at each request, not when the bundle is loaded", async () => {
	const { end } = await run(kinds, "whoAmI", "{}", { "query ListOrders": ["[{ id: 1 }, { id: 2 }]"] }, `{ user: "u1", role: "admin", tenant: null }`);
	assert.deepEqual(end, { value: { user: "u1", role: "admin", orders: 2 } });
});

test("a function that returns nothing returns nothing", async () => {
	const { end } = await run(kinds, "forget", "{ id: 5 }", { "query DeleteOrder": [`{ changes: 1, lastId: 0 }`] });
	assert.deepEqual(end, {});
});
