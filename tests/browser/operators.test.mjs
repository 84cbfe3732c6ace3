// Operators as they meet ward: from the dashboard to their own sign-in page and back, and their own account page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, totp, wardUser } from "../scenario/accounts.mjs";
import { Served, copyApp, root } from "../scenario/lib.mjs";
import { launch, shot, watch } from "./lib.mjs";

const axe = readFileSync(createRequire(path.join(root, "tests", "package.json")).resolve("axe-core/axe.min.js"), "utf8");
const OPS = "ops@example.org";
let app, browser, page, wrong;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/roles"));
	await wardUser(app.state, ["add", OPS, "--operator", "--password-stdin"], PASSWORD);
	browser = await launch();
	const context = await browser.newContext({ baseURL: `http://localhost:${app.port}`, reducedMotion: "reduce", viewport: { width: 900, height: 900 } });
	page = await context.newPage();
	page.setDefaultTimeout(20000);
	wrong = watch(page);
});
after(async () => {
	await browser?.close();
	await app?.stop();
});
const button = (name) => page.getByRole("button", { name, exact: true });
const accessible = async (name) => {
	await shot(page, name);
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
	assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`), []);
};

test("the dashboard sends whoever is nobody to the operators' sign-in, and takes them back", async () => {
	await page.goto("/_ward/");
	await page.waitForURL("**/_ward/operator/?to=*");
	await button("Sign in").waitFor();
	for (const name of ["Make an account", "Get a link by e-mail", "Use a wallet"]) assert.equal(await button(name).isVisible(), false, name);
	await accessible("operator-sign-in");
	await page.fill("#email", OPS);
	await page.fill("#password", "not this one at all");
	await button("Sign in").click();
	await page.getByText(/was not accepted|is wrong/).waitFor();
	await page.fill("#password", PASSWORD);
	await button("Sign in").click();
	await page.waitForURL((url) => url.pathname === "/_ward/");
	const [cookie] = (await page.context().cookies()).filter((c) => c.name === "__Host-ward_operator");
	assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === "Strict" && cookie.path === "/");
	assert.equal(await page.evaluate(() => document.cookie), "");
	assert.equal(await page.evaluate(async () => (await fetch("/_ward/api/overview")).status), 200);
});

test("the account page has what operators have, and a second factor is asked for from then on", async () => {
	await page.goto("/_ward/operator/account.html");
	await page.getByText(OPS).waitFor();
	await page.getByText("Without a second factor").waitFor();
	for (const name of ["Delete the account", "Make a key", "Add a wallet"]) assert.equal(await button(name).count(), 0, name);
	await button("Add an app").click();
	await page.locator("#totp-code").waitFor();
	const secret = (await page.locator("#totp-secret").textContent()).replaceAll(" ", "");
	await page.fill("#totp-code", totp(secret));
	await button("Turn it on").click();
	await page.locator("#recovery-codes li").first().waitFor();
	const code = await page.locator("#recovery-codes li").first().textContent();
	assert.equal(await page.getByText("Without a second factor").isVisible(), false);
	await accessible("operator-account");
	await button("Sign out").click();
	await page.waitForURL("**/_ward/operator/");
	assert.equal(await page.evaluate(async () => (await fetch("/_ward/api/overview")).status), 401);
	await page.fill("#email", OPS);
	await page.fill("#password", PASSWORD);
	await button("Sign in").click();
	await page.fill("#code", code);
	await button("Go on").click();
	await page.waitForURL((url) => url.pathname === "/_ward/");
	assert.equal(await page.evaluate(async () => (await fetch("/_ward/api/overview")).status), 200);
});

test("no page threw or broke its content security policy", () => assert.deepEqual(wrong, []));
