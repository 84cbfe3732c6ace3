// The example shop as a customer meets it: look, sign up, order, be told what is wrong, pay.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp, freePort, run, until } from "../scenario/lib.mjs";
import { hostileStrings } from "../scenario/tools/hostile.mjs";
import { launch, shot, watch } from "./lib.mjs";

let bank, shop, browser, page, wrong;
before(async () => {
	const bankPort = await freePort();
	bank = await Served.start(copyApp("examples/bank"), { port: bankPort });
	const dir = copyApp("examples/shop");
	// The bank's port is part of the contract; here it is a free one.
	for (const file of ["ward.yaml", "functions/pay.ts"]) {
		const at = path.join(dir, file);
		writeFileSync(at, readFileSync(at, "utf8").replaceAll("8090", String(bankPort)));
	}
	rmSync(path.join(dir, "ward.lock"));
	shop = await Served.start(dir);
	browser = await launch();
	page = await (await browser.newContext({ baseURL: shop.base })).newPage();
	page.setDefaultTimeout(10000);
	wrong = watch(page);
});
after(async () => {
	await browser?.close();
	await shop?.stop();
	await bank?.stop();
});

test("the catalogue is there and can be searched", async () => {
	await page.goto("/");
	await page.locator("#products > li").first().waitFor();
	const all = await page.locator("#products > li").count();
	assert.ok(all >= 4);
	await shot(page, "shop-catalogue");
	await page.fill("#search-text", "brass");
	await page.press("#search-text", "Enter");
	await page.waitForFunction((n) => document.querySelectorAll("#products > li").length < n, all);
	await page.fill("#search-text", "");
	await page.press("#search-text", "Enter");
	await page.waitForFunction((n) => document.querySelectorAll("#products > li").length === n, all);
});

test("under a challenge the page goes on: its client does the work, and the person only waits", async () => {
	const { code, stderr } = await run(["act", "challenge", "--function", "listProducts", "--minutes", "1", "--state", shop.state]);
	assert.equal(code, 0, stderr);
	const asks = () => shop.call("GET", "/products");
	await until("the challenge", 5000, async () => (await asks()).status === 429);
	const statuses = [];
	const listen = (answer) => new URL(answer.url()).pathname === "/products" && statuses.push(answer.status());
	page.on("response", listen);
	await page.goto("/");
	await page.locator("#products > li").first().waitFor();
	page.off("response", listen);
	assert.deepEqual(statuses.slice(0, 2), [429, 200]);
	const { stdout } = await run(["act", "--state", shop.state]);
	await run(["act", "release", stdout.trim().split(/\s/)[0], "--state", shop.state]);
	await until("its end", 5000, async () => (await asks()).status === 200);
});

test("a short password is refused in words beside its field", async () => {
	await page.locator("#account button").first().click();
	await page.fill("#email", "ada@example.org");
	await page.fill("#password", "short");
	await page.locator('#sign-in-form button[value="sign-up"]').click();
	const said = page.locator("#sign-in-form .wrong:visible").first();
	await said.waitFor();
	assert.match(await said.textContent(), /8/);
	await shot(page, "shop-refused-password");
});

test("an account is made", async () => {
	await page.fill("#password", "nine lives and a harbour");
	await page.locator('#sign-in-form button[value="sign-up"]').click();
	await page.locator("#sign-in").waitFor({ state: "hidden" });
	assert.match(await page.locator("#account").textContent(), /ada@example\.org/);
});

test("too long a note is refused with a readable message, nothing is lost, then the order is made", async () => {
	await page.locator("#products > li button").first().click();
	await page.locator("#checkout").waitFor();
	await page.fill("#note", "x".repeat(2000));
	await page.locator('#checkout button[type="submit"]').click();
	const said = page.locator("#note-wrong");
	await said.waitFor();
	assert.match(await said.textContent(), /\d+/);
	await shot(page, "shop-refused-note");
	assert.equal((await page.inputValue("#note")).length, 2000);
	await page.fill("#note", "Leave it at the door.");
	await page.locator('#checkout button[type="submit"]').click();
	await page.locator("#order[open]").waitFor();
});

test("a declined card says so, a good one pays", async () => {
	await page.fill("#card", "4000000000009995");
	await page.locator('#pay button[type="submit"]').click();
	await page.locator("#pay .wrong:visible").first().waitFor();
	await shot(page, "shop-declined");
	await page.fill("#card", "4242424242424242");
	await page.locator('#pay button[type="submit"]').click();
	await page.locator("#pay").waitFor({ state: "hidden" });
	assert.match(await page.locator("#order").textContent(), /paid/i);
	await shot(page, "shop-paid");
});

test("notes that want to be markup are shown as text", async () => {
	const notes = hostileStrings(3000).strings.filter((s) => /<|__hit/.test(s) && s.length < 400 && !/[\0-\x08\x0b-\x1f\x7f-\x9f]/.test(s)).slice(0, 60);
	assert.equal(notes.length, 60);
	const hits = [];
	await page.exposeFunction("__hit", () => hits.push("ran"));
	page.on("dialog", (d) => (hits.push(d.message()), d.dismiss()));
	for (const note of notes) {
		const made = await page.request.post("/orders", { data: { lines: [{ sku: "notebook-a5", qty: 1 }], note } });
		assert.equal(made.status(), 200, note);
	}
	await page.goto("/");
	for (const [i, note] of [...notes].reverse().entries()) {
		await page.locator("#orders li button").nth(i).click();
		const seen = page.locator("#order[open] #order-body p.quiet", { hasText: "Note: " });
		await seen.waitFor();
		assert.equal(await seen.evaluate((e) => e.textContent), `Note: ${note}`);
		assert.equal(await seen.evaluate((e) => e.childElementCount), 0, note);
		await page.evaluate(() => document.getElementById("order").close());
	}
	assert.deepEqual(hits, []);
});

test("another customer does not see the order", async () => {
	const other = await browser.newContext({ baseURL: shop.base });
	const answer = await other.request.post("/_ward/auth/sign-up", { data: { email: "eve@example.org", password: "a quiet afternoon walk" } });
	assert.equal(answer.status(), 200);
	const cookie = answer.headers()["set-cookie"].split(";")[0];
	const mine = await shop.call("GET", "/orders", undefined, { cookie });
	assert.deepEqual(mine.body, []);
	assert.equal((await shop.call("GET", "/orders/1", undefined, { cookie })).status, 404);
	await other.close();
});

test("the page kept its own content security policy and threw nothing", () => {
	assert.deepEqual(wrong, []);
});
