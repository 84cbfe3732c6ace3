// 10 000 hostile strings through every string field of the example shop, over HTTP: what the type allows is stored and comes
// back byte for byte, all else is refused by type; no answer is a server's failure or speaks of the database; pages stay text.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Served, copyApp, root } from "./lib.mjs";
import { hostileStrings } from "./tools/hostile.mjs";
import { KeepAlive } from "./tools/keepalive.mjs";

const COUNT = 10000, LANES = 8, SIGN_INS = 40;
const { strings, outside } = hostileStrings(COUNT);
const DATABASE = /sqlite|postgres|syntax error|near "|no such (table|column|function)|constraint failed|unrecognized token|datatype mismatch|incomplete input|SELECT |INSERT |libpq|PRAGMA/i;
let shop, pages, cookie, products, tally = {};

before(async () => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"));
	/* Enough on the shelf for every order of the test. */
	writeFileSync(path.join(dir, "migrations/0003_shelf.sql"), "UPDATE products SET stock = 100000000 WHERE sku = 'notebook-a5';\n");
	shop = await Served.start(dir);
	pages = await Served.start(copyApp("tests/scenario/apps/outputs"));
	const answer = await shop.call("POST", "/_ward/auth/sign-up", { email: "ada@example.org", password: "nine lives and a harbour" });
	cookie = answer.headers.get("set-cookie").split(";")[0];
	products = (await shop.call("GET", "/products")).body;
});
after(async () => {
	console.log(`${COUNT} strings, ${outside} of them outside payloads; answers ${JSON.stringify(tally)}`);
	await shop.stop();
	await pages.stop();
});

// What an error says in words of its own: less what it repeats of the input, which is where and what was found.
const said = (text) => {
	const { errors = [], data, ...rest } = JSON.parse(text);
	return JSON.stringify([rest, errors.map((e) => e.message.replace(/, found [^]*$/, ""))]);
};

// Every string through `send`, over a few connections at once; what came back is judged by `judge`.
const all = async (list, port, send, judge) => {
	let next = 0;
	await Promise.all(Array.from({ length: LANES }, async () => {
		const lane = new KeepAlive(port, { Cookie: cookie, "Sec-Fetch-Site": "same-origin" });
		while (next < list.length) {
			const text = list[next++];
			const answer = await send(lane, text);
			tally[answer.status] = (tally[answer.status] ?? 0) + 1;
			const what = `${JSON.stringify(text)}: ${answer.status} ${answer.text.slice(0, 300)}`;
			assert.ok(answer.status < 500, what);
			if (answer.status >= 400) {
				assert.match(answer.head, /content-type: application\/problem\+json/i, what);
				assert.ok(!DATABASE.test(said(answer.text)), what);
			}
			await judge(text, answer, lane, what);
		}
		lane.close();
	}));
};

/* What a string of the contract may hold, said again in the test's own words. */
const points = (text) => [...text].length;
const control = (text, allowed) => [...text].some((c) => (c.codePointAt(0) < 0x20 || (c.codePointAt(0) >= 0x7f && c.codePointAt(0) <= 0x9f)) && !allowed.includes(c));
const noteFits = (text) => points(text) <= 500 && !control(text, "\t\n\r");
const searchFits = (text) => points(text) >= 1 && points(text) <= 64 && !control(text, "");
const skuFits = (text) => points(text) <= 40 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text);

test("a note is stored byte for byte, or refused by its type", async () => {
	let stored = 0;
	await all(strings, shop.port,
		(lane, note) => lane.request("POST", "/orders", JSON.stringify({ lines: [{ sku: "notebook-a5", qty: 1 }], note })),
		async (note, answer, lane, what) => {
			assert.equal(answer.status, noteFits(note) ? 200 : 400, what);
			if (answer.status !== 200) return;
			const { id } = JSON.parse(answer.text);
			const order = await lane.request("GET", `/orders/${id}`);
			assert.equal(order.status, 200);
			assert.ok(Buffer.from(JSON.parse(order.text).note).equals(Buffer.from(note)), what);
			stored++;
		});
	assert.ok(stored > COUNT / 2, `${stored} stored`);
});

test("a search finds what it names and nothing else", async () => {
	const lower = (text) => text.replace(/[A-Z]/g, (c) => c.toLowerCase());
	await all(strings, shop.port,
		(lane, text) => lane.request("GET", `/products?text=${encodeURIComponent(text)}`),
		(text, answer, lane, what) => {
			assert.equal(answer.status, searchFits(text) ? 200 : 400, what);
			if (answer.status !== 200) return;
			const wanted = products.filter((p) => lower(p.name).includes(lower(text))).map((p) => p.sku);
			assert.deepEqual(JSON.parse(answer.text).map((p) => p.sku), wanted, what);
		});
});

test("a product's number is one, or refused", async () => {
	await all(strings, shop.port,
		(lane, sku) => lane.request("POST", "/orders", JSON.stringify({ lines: [{ sku, qty: 1 }] })),
		(sku, answer, lane, what) => assert.equal(answer.status, skuFits(sku) ? 404 : 400, what));
});

test("strings where numbers are wanted are refused", async () => {
	await all(strings.filter((_, i) => i % 2 === 0), shop.port,
		(lane, qty) => lane.request("POST", "/orders", JSON.stringify({ lines: [{ sku: "mug-stone", qty }] })),
		(qty, answer, lane, what) => assert.equal(answer.status, 400, what));
});

test("a path leads to an order of the caller's or to none", async () => {
	await all(strings, shop.port,
		(lane, text) => lane.request("GET", `/orders/${encodeURIComponent(text)}`),
		(text, answer, lane, what) => {
			if (Number.isSafeInteger(Number(text)) && answer.status === 200) assert.equal(JSON.parse(answer.text).id, Number(text), what);
			else assert.ok([400, 404, 405].includes(answer.status), what);
		});
});

test("a card is digits, or refused; so is whatever stands for the order", async () => {
	await all(strings, shop.port,
		(lane, card) => lane.request("POST", "/orders/999999999/pay", JSON.stringify({ card })),
		(card, answer, lane, what) => assert.ok(answer.status === 400 || (/^[0-9]{12,19}$/.test(card) && [404, 429].includes(answer.status)), what));
	await all(strings.filter((_, i) => i % 4 === 0), shop.port,
		(lane, order) => lane.request("POST", `/orders/${encodeURIComponent(order)}/pay`, '{"card":"4242424242424242"}'),
		(order, answer, lane, what) => assert.ok([400, 404, 405, 429].includes(answer.status), what));
});

test("names of members and parameters that nobody asked for are refused", async () => {
	await all(strings.filter((_, i) => i % 4 === 1), shop.port,
		(lane, name) => lane.request("POST", "/orders", JSON.stringify({ lines: [{ sku: "mug-stone", qty: 1 }], [`x${name}`]: 1 })),
		(name, answer, lane, what) => assert.equal(answer.status, 400, what));
	await all(strings.filter((_, i) => i % 4 === 2), shop.port,
		(lane, name) => lane.request("GET", `/products?${encodeURIComponent(`x${name}`)}=1`),
		(name, answer, lane, what) => assert.equal(answer.status, 400, what));
});

test("bytes that are no UTF-8 are refused everywhere", async () => {
	const broken = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x27, 0xff, 0x27]].map((b) => Buffer.from(b));
	await all(broken, shop.port, (lane, b) => lane.request("POST", "/orders", Buffer.concat([Buffer.from('{"lines":[{"sku":"mug-stone","qty":1}],"note":"'), b, Buffer.from('"}')])),
		(b, answer, lane, what) => assert.equal(answer.status, 400, what));
	await all(broken, shop.port, (lane, b) => lane.request("GET", `/products?text=${[...b].map((x) => `%${x.toString(16)}`).join("")}`),
		(b, answer, lane, what) => assert.equal(answer.status, 400, what));
});

test("an account's address is one, or refused", async () => {
	const tried = strings.filter((s) => !/^[^@\s]+@[^@\s]+$/.test(s)).filter((_, i) => i % Math.floor(COUNT / SIGN_INS) === 0);
	await all(tried, shop.port, (lane, email) => lane.request("POST", "/_ward/auth/sign-in", JSON.stringify({ email, password: email })),
		(email, answer, lane, what) => assert.ok([400, 401, 422, 429].includes(answer.status), what));
});

test("a page shows them as text: its markup is the same whatever they say", async () => {
	const { parseFragment } = createRequire(path.join(root, "tests/package.json"))("parse5");
	const shape = (node) => `${node.nodeName}(${(node.attrs ?? []).map((a) => a.name)})[${(node.childNodes ?? []).filter((n) => n.nodeName !== "#text").map(shape)}]`;
	const texts = (node, name) => (node.nodeName === name ? [node] : []).concat(...(node.childNodes ?? []).map((n) => texts(n, name)));
	const page = async (lane, q) => lane.request("GET", `/page?q=${encodeURIComponent(q)}`);
	const plain = new KeepAlive(pages.port);
	const wanted = shape(parseFragment((await page(plain, "plain")).text));
	plain.close();
	let shown = 0;
	await all(strings.filter((_, i) => i % 2 === 1), pages.port, page, (q, answer, lane, what) => {
		if (answer.status === 400) return assert.ok(control(q, "") || q === "", what);
		const tree = parseFragment(answer.text);
		assert.equal(shape(tree), wanted, what);
		/* What the parser makes of line ends and U+0000 is the standard's (HTML 13.2.3.5). */
		assert.equal(texts(tree, "li")[0].childNodes.map((n) => n.value).join(""), q, what);
		shown++;
	});
	assert.ok(shown > COUNT / 4, `${shown} shown`);
});

test("the shop is as it was, but for the orders that were made", async () => {
	const now = (await shop.call("GET", "/products")).body;
	assert.deepEqual(now.map(({ stock, ...rest }) => rest), products.map(({ stock, ...rest }) => rest));
	const others = (list) => list.filter((p) => p.sku !== "notebook-a5").map((p) => [p.sku, p.stock]);
	assert.deepEqual(others(now), others(products));
	assert.deepEqual(shop.entries("query_failed"), []);
	assert.ok(!shop.log.includes("worker_ended"), "a worker ended");
	assert.ok(!shop.log.includes("\"event\":\"wrong_result\""));
});
