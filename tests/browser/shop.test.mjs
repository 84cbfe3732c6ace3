// The example shop as a customer meets it: look, sign up, order, be told what is wrong, pay.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp, freePort } from "../scenario/lib.mjs";
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
