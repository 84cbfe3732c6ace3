// A thousand functions: the list stays a page that one can use, by hand and by keys, at a desk and on a phone.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, root, sleep, until } from "../scenario/lib.mjs";
import { COUNT, manyApp, name } from "./many_app.mjs";
import { launch, shot, watch } from "./lib.mjs";

const axe = readFileSync(createRequire(path.join(root, "tests", "package.json")).resolve("axe-core/axe.min.js"), "utf8");
let dir, app, browser, page, wrong;

before(async () => {
	dir = manyApp({ throws: 777 });
	app = await Served.start(dir, { command: "dev", readyMs: 240000 }); // a thousand functions are built
	for (let n = 0; n < 40; n++) assert.equal((await app.call("GET", `/${name(500 + (n % 4))}`)).status, 200);
	assert.equal((await app.call("GET", `/${name(777)}`)).status, 500);
	browser = await launch();
	page = await (await browser.newContext({ baseURL: app.base, viewport: { width: 1440, height: 900 } })).newPage();
	page.setDefaultTimeout(10000);
	wrong = watch(page);
});
after(async () => {
	await browser?.close();
	await app?.stop();
	rmSync(dir, { recursive: true, force: true });
});

const rows = () => page.locator('table:has(caption:text-is("Functions")) tbody tr');
const names = () => rows().locator("th a.name").allInnerTexts();
const shows = (what, check) => until(what, 5000, async () => check(await names()));

test("it is there within two seconds of a small page, fifty rows of it", async () => {
	// What a page takes at all on this machine, with whatever else runs on it now.
	const open = async (where, until) => {
		const began = Date.now();
		await page.goto(where);
		await until();
		return Date.now() - began;
	};
	await page.goto("/_ward/processes");
	const small = await open("/_ward/processes", () => page.locator('table:has(caption:text-is("Processes")) tbody tr').first().waitFor());
	const large = await open("/_ward/functions", () => rows().nth(49).waitFor());
	assert.ok(large < 2 * small + 2000, `${large} ms, a small page ${small} ms`);
	assert.equal(await rows().count(), 50);
	assert.deepEqual((await names()).slice(0, 2), [name(0), name(1)]);
	assert.match(await page.locator(".pages").innerText(), /1 to 50 of 1.000/);
});

test("page by page to the end and back", async () => {
	const next = page.locator('.pages button:text("Next")'), previous = page.locator('.pages button:text("Previous")');
	assert.equal(await previous.isDisabled(), true);
	for (let n = 1; n < COUNT / 50; n++) await next.click();
	await shows("the last page", (all) => all.at(-1) === name(COUNT - 1) && all.length === 50);
	assert.equal(await next.isDisabled(), true);
	await previous.click();
	await shows("the one before", (all) => all.at(-1) === name(COUNT - 51));
});

test("the search is a key away, finds while one types, and Enter opens what it found", async () => {
	await page.keyboard.press("/");
	assert.equal(await page.evaluate(() => document.activeElement.type), "search");
	await page.keyboard.type("f0123");
	await shows("the one", (all) => all.length === 1 && all[0] === name(123));
	await until("its number is said", 3000, async () => /one function of 1.000; Enter opens the first/.test(await page.locator('.filters [role="status"]').innerText()));
	await page.keyboard.press("Enter");
	await page.waitForURL(/functions\/f0123$/);
	await page.locator(`h1:text("${name(123)}")`).waitFor();
	await page.goto("/_ward/functions");
	await rows().nth(49).waitFor();
	await page.keyboard.press("/");
	await page.keyboard.type("no such function");
	await page.locator('text="No function is like that."').waitFor();
	assert.equal(await rows().count(), 0);
});

test("what is busiest and what needs a look stand first when asked for", async () => {
	await page.goto("/_ward/functions");
	await rows().nth(49).waitFor();
	await page.locator('.choice label:has-text("Needs a look")').click();
	await shows("what failed", (all) => all[0] === name(777));
	await page.locator('.choice label:has-text("Busiest")').click();
	await shows("what is called", (all) => JSON.stringify(all.slice(0, 4).sort()) === JSON.stringify([500, 501, 502, 503].map(name)));
});

test("the overview stays small every second, and tells of what stirs", async () => {
	await page.goto("/_ward/");
	await page.locator('.connection:text("Live")').waitFor();
	const piece = await page.evaluate(() => new Promise((done) => {
		const source = new EventSource("/_ward/api/stream");
		source.addEventListener("overview", (e) => (source.close(), done(e.data)));
	}));
	assert.ok(piece.length < 20_000, `${piece.length} bytes`);
	const told = JSON.parse(piece);
	assert.equal(told.function_count, COUNT);
	for (const f of told.functions) assert.ok(f.minute.calls > 0 || f.incidents > 0 || f.action !== "none", f.name);
	const whole = (await app.call("GET", "/_ward/api/overview")).body;
	assert.equal(whole.functions.length, COUNT);
	await page.goto(`/_ward/functions/${name(777)}`);
	await page.locator(".errors li").first().waitFor();
	assert.match(await page.locator(".errors li").first().innerText(), /seven is too many/);
});

test("light and dark, at a desk and on a phone: nothing is cut off, and axe finds nothing serious", async () => {
	const found = [];
	for (const scheme of ["light", "dark"])
		for (const [size, viewport] of Object.entries({ desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } })) {
			const context = await browser.newContext({ baseURL: app.base, viewport, colorScheme: scheme, reducedMotion: "reduce" });
			const p = await context.newPage();
			await p.goto("/_ward/functions");
			await p.locator(".pages").waitFor();
			await sleep(300);
			const over = await p.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			if (over > 0) found.push(`${scheme} ${size}: ${over} px too wide`);
			await shot(p, `dashboard-many-${scheme}-${size}`);
			const bad = await p.evaluate(`${axe}; axe.run().then((r) => r.violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 3).join(" | ")))`);
			for (const b of bad) found.push(`${scheme} ${size}: ${b}`);
			await context.close();
		}
	assert.deepEqual(found, []);
	assert.deepEqual(wrong, []);
});
