// The shop in a real browser: list, search, sign up, order, a refused input in words, a declined and a good card. No script, style
// or request may break the content security policy. SHOTS=DIR keeps a picture of each state.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { copyApp, root } from "../scenario/lib.mjs";
import { serving, shopWith } from "./shop.mjs";

const require = createRequire(path.join(root, "tests", "package.json"));
const executablePath = ["/usr/bin/chromium", process.env.CHROMIUM].find((file) => file && fs.existsSync(file));

const schemes = [["light", { width: 1280, height: 900 }], ["dark", { width: 390, height: 844 }]];

async function audit(page, what) {
	const source = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
	const found = await page.evaluate(`${source}; axe.run().then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" ").slice(0, 300)))`);
	assert.deepEqual(found, [], what);
}

for (const [colorScheme, viewport] of schemes)
	test(`the shop from the first look to the receipt, ${colorScheme}`, { skip: executablePath ? false : "no chromium" }, () =>
		serving([() => copyApp("examples/bank"), shopWith], async (_bank, shop) => {
			const { chromium } = require("playwright-core");
			const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
			try {
				const page = await browser.newPage({ colorScheme, viewport });
				const broken = [];
				page.on("console", (m) => m.type() === "error" && !/status of 4\d\d/.test(m.text()) && broken.push(m.text()));
				page.on("pageerror", (e) => broken.push(String(e)));
				const shoot = async (name) => process.env.SHOTS && page.screenshot({ path: path.join(process.env.SHOTS, `${name}-${colorScheme}.png`) });
				await walk(page, shop, shoot);
				assert.deepEqual(broken, []);
			} finally {
				await browser.close();
			}
		}));

async function walk(page, shop, shoot) {
	await page.goto(shop);
	await page.locator(".product").nth(7).waitFor();
	assert.equal(await page.locator(".product").count(), 8);
	await shoot("products");
	await audit(page, "products");
	await page.getByRole("searchbox").fill("mug");
	await page.waitForFunction(() => document.querySelectorAll(".product").length === 1);
	await page.getByRole("button", { name: "Add to cart: Stoneware mug" }).click();
	await page.getByRole("searchbox").fill("");
	await page.waitForFunction(() => document.querySelectorAll(".product").length === 8);
	await page.getByLabel("How many of Stoneware mug").fill("3");
	await page.getByLabel("How many of Stoneware mug").blur();
	assert.match(await page.locator(".total").innerText(), /58\.50/);

	await page.getByRole("button", { name: "Order", exact: true }).click();
	await page.getByLabel("E-mail").fill("not an address");
	await page.getByLabel("Password").fill("short");
	await page.getByRole("button", { name: "Create an account" }).click();
	await page.locator("#email-wrong:visible, #sign-in-form-wrong:visible").first().waitFor();
	await shoot("sign-up-refused");
	await audit(page, "sign-up");
	await page.getByLabel("E-mail").fill("ada@example.org");
	await page.getByLabel("Password").fill("correct horse battery staple");
	await page.getByRole("button", { name: "Create an account" }).click();
	await page.getByText("ada@example.org").waitFor();

	await page.getByLabel("How many of Stoneware mug").fill("100");
	await page.getByLabel("How many of Stoneware mug").blur();
	await page.getByRole("button", { name: "Order", exact: true }).click();
	await page.getByText(/^Stoneware mug: the quantity must be at most 99/).waitFor();
	await shoot("order-refused");
	await page.getByLabel("How many of Stoneware mug").fill("2");
	await page.getByLabel("How many of Stoneware mug").blur();
	await page.getByLabel("A word to the packer").fill("two lines,\nplease");
	await page.getByRole("button", { name: "Order", exact: true }).click();
	const dialog = page.locator("dialog#order");
	await dialog.getByText("2 × Stoneware mug").waitFor();
	assert.match(await dialog.innerText(), /two lines,\s+please/);

	await dialog.getByLabel("Card number").fill("12ab");
	await dialog.getByRole("button", { name: "Pay" }).click();
	await dialog.getByText("Must be 12 to 19 digits.").waitFor();
	assert.equal(await dialog.getByLabel("Card number").getAttribute("aria-invalid"), "true");
	await shoot("card-refused");
	await audit(page, "order");
	await dialog.getByLabel("Card number").fill("4000 0000 0000 9995");
	await dialog.getByRole("button", { name: "Pay" }).click();
	await dialog.locator("#pay-wrong:visible").waitFor();
	await dialog.getByLabel("Card number").fill("4242 4242 4242 4242");
	await dialog.getByRole("button", { name: "Pay" }).click();
	await dialog.getByText(/Paid on/).waitFor();
	assert.equal(await dialog.getByLabel("Card number").isVisible(), false);
	await dialog.getByRole("button", { name: "Close" }).click();
	await page.locator("#orders .badge.paid").waitFor();
	await shoot("paid");
	await audit(page, "paid");
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByRole("button", { name: "Sign in" }).waitFor();
	await page.goto(`${shop}/_ward/reference.html`);
	await page.getByRole("heading", { name: "createOrder" }).waitFor();
	await shoot("reference");
	await audit(page, "reference");
}
