// Accounts as people meet them: the pages of ward in a real browser over the real program. Every way in, what gets lost and
// comes back, what is kept and how it ends, and another site in the same browser that would like to have it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, totp, user } from "../scenario/people.mjs";
import { Served, copyApp, freePort, root, run } from "../scenario/lib.mjs";
import { launch, shot, watch } from "./lib.mjs";

const require = createRequire(path.join(root, "tests", "package.json"));
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { secp256k1 } = require("@noble/curves/secp256k1");
const { keccak_256 } = require("@noble/hashes/sha3");

let app, browser, origin;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/roles"));
	// Passkeys know a site by its name, and ward takes "localhost" for the name of loopback.
	origin = `http://localhost:${app.port}`;
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await app?.stop();
});

// A browser of somebody's own. leave() tells whether its pages threw or broke their content security policy.
class Visit {
	static async begin({ at = "/_ward/account/", prepare } = {}) {
		const v = new Visit();
		v.context = await browser.newContext({ baseURL: origin, viewport: { width: 480, height: 900 }, reducedMotion: "reduce" });
		v.page = await v.context.newPage();
		v.page.setDefaultTimeout(15000);
		v.wrong = watch(v.page);
		await prepare?.(v.page, v.context);
		await v.page.goto(at);
		return v;
	}
	async leave() {
		assert.deepEqual(this.wrong, []);
		await this.context.close();
	}
	button(name) {
		return this.page.getByRole("button", { name, exact: true });
	}
	onAccount() {
		return this.page.waitForURL("**/account.html");
	}
	onSignIn() {
		return this.page.waitForURL("**/_ward/account/");
	}
	async signUp(email) {
		await this.button("Make an account").click();
		await this.page.fill("#email", email);
		await this.page.fill("#password", PASSWORD);
		await this.button("Make the account").click();
		await this.onAccount();
		await this.page.getByText(email).waitFor();
	}
	// With an account that `ward user add` makes: sign-ups from one address are counted.
	async enter(email) {
		const { code, stderr } = await run(["user", "add", email, "--password-stdin", "--state", app.state], { input: `${PASSWORD}\n` });
		assert.equal(code, 0, stderr);
		await this.signIn(email);
		await this.onAccount();
		await this.page.getByText(email).waitFor();
	}
	async signIn(email, password = PASSWORD) {
		await this.page.fill("#email", email);
		await this.page.fill("#password", password);
		await this.button("Sign in").click();
	}
	async signOut() {
		await this.button("Sign out").click();
		await this.onSignIn();
	}
	async refused(words = "That was not accepted") {
		await this.page.locator("#status.bad", { hasText: words }).waitFor();
	}
	// A request by a page of the site itself: { status, body }.
	ask(method, at) {
		return this.page.evaluate(
			async ([method, at]) => {
				const answer = await fetch(at, { method, ...(method === "POST" ? { headers: { "content-type": "application/json" }, body: "{}" } : {}) });
				return { status: answer.status, body: await answer.json().catch(() => null) };
			},
			[method, at]);
	}
	// As it is seen by people with light and with dark screens, and by those who do not see it.
	async look(name) {
		for (const colorScheme of ["light", "dark"]) {
			await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await shot(this.page, `accounts-${name}-${colorScheme}`);
			await this.page.evaluate(axe);
			const { violations } = await this.page.evaluate(() =>
				globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }));
			assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`), [], `${name}, ${colorScheme}`);
		}
	}
}

// An authenticator inside the browser, as a laptop has one.
const withAuthenticator = async (page, context) => {
	page.cdp = await context.newCDPSession(page);
	await page.cdp.send("WebAuthn.enable");
	const { authenticatorId } = await page.cdp.send("WebAuthn.addVirtualAuthenticator", {
		options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
			automaticPresenceSimulation: true } });
	page.authenticator = authenticatorId;
};

// A wallet whose key is made here: an EIP-1193 provider that signs as personal_sign does (EIP-191).
class Wallet {
	key = secp256k1.utils.randomPrivateKey();
	address = Wallet.checksummed(Buffer.from(keccak_256(secp256k1.getPublicKey(this.key, false).slice(1)).slice(-20)).toString("hex"));
	before = (message) => message; // what a dishonest page would have signed instead

	// EIP-55
	static checksummed(hex) {
		const hash = Buffer.from(keccak_256(Buffer.from(hex))).toString("hex");
		return `0x${[...hex].map((c, i) => (parseInt(hash[i], 16) > 7 ? c.toUpperCase() : c)).join("")}`;
	}
	sign(message) {
		const text = Buffer.from(this.before(message));
		const digest = keccak_256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`), text]));
		const signature = secp256k1.sign(digest, this.key);
		return `0x${signature.toCompactHex()}${(27 + signature.recovery).toString(16)}`;
	}
	install = async (page) => {
		await page.exposeFunction("walletSigns", (message) => this.sign(message));
		await page.addInitScript((address) => {
			globalThis.ethereum = {
				request: ({ method, params }) => (method === "eth_requestAccounts" ? [address] : globalThis.walletSigns(params[0])) };
		}, this.address);
	};
}

test("sign-up, sign-out, sign-in, and a cookie that no script reads", async () => {
	const v = await Visit.begin();
	await v.page.getByRole("heading", { name: "Sign in to roles" }).waitFor();
	await v.look("sign-in");
	await v.button("Make an account").click();
	await v.look("sign-up");
	await v.page.fill("#email", "ada@example.org");
	await v.page.fill("#password", "Passw0rd2024!");
	await v.button("Make the account").click();
	await v.refused("among the first that anyone would try");
	await v.look("sign-up-refused");
	await v.page.fill("#password", PASSWORD);
	await v.button("Make the account").click();
	await v.onAccount();
	await v.page.getByText("ada@example.org").waitFor();
	await v.look("account");
	const [kept] = (await v.context.cookies()).filter((c) => c.name === "__Host-ward_session");
	assert.ok(kept.httpOnly && kept.secure && kept.sameSite === "Lax" && kept.path === "/" && kept.domain === "localhost", JSON.stringify(kept));
	assert.equal(await v.page.evaluate(() => document.cookie), "");
	assert.equal((await v.ask("GET", "/who")).status, 200);
	await v.signOut();
	assert.equal((await v.ask("GET", "/who")).status, 401);
	await v.signIn("ada@example.org", "not this one at all");
	await v.refused();
	await v.signIn("ada@example.org");
	await v.onAccount();
	await v.leave();
});

test("a passkey is added, signs in without a name, counts as two factors, and is removed", async () => {
	const v = await Visit.begin({ prepare: withAuthenticator });
	await v.signUp("grace@example.org");
	assert.equal((await v.ask("POST", "/guarded")).status, 403);
	await v.page.getByLabel("Name of the new passkey").fill("My laptop");
	await v.button("Add a passkey").click();
	await v.page.getByText("The passkey is added.").waitFor();
	await v.page.getByText("My laptop, added").waitFor();
	await v.look("passkey-added");
	const { credentials } = await v.page.cdp.send("WebAuthn.getCredentials", { authenticatorId: v.page.authenticator });
	assert.deepEqual(credentials.map((c) => [c.isResidentCredential, c.rpId]), [[true, "localhost"]]);
	await v.signOut();
	await v.button("Use a passkey").click();
	await v.onAccount();
	const { session, user: own } = (await v.ask("GET", "/_ward/auth/me")).body;
	assert.deepEqual([own.email, session.methods, session.mfa], ["grace@example.org", ["passkey"], true]);
	assert.equal((await v.ask("POST", "/guarded")).status, 200);
	// A second one for the same account on the same authenticator is refused by the browser: it is on the list of those to exclude.
	await v.page.getByLabel("Name of the new passkey").fill("Again");
	await v.button("Add a passkey").click();
	await v.page.locator("#status.bad").waitFor();
	await v.button("Sign out").click();
	await v.onSignIn();
	// Somebody who is asked and does not agree is not signed in.
	await v.page.cdp.send("WebAuthn.setUserVerified", { authenticatorId: v.page.authenticator, isUserVerified: false });
	await v.button("Use a passkey").click();
	await v.page.locator("#status.bad").waitFor();
	assert.equal((await v.ask("GET", "/who")).status, 401);
	await v.page.cdp.send("WebAuthn.setUserVerified", { authenticatorId: v.page.authenticator, isUserVerified: true });
	await v.button("Use a passkey").click();
	await v.onAccount();
	await v.page.getByRole("button", { name: /^Remove: My laptop/ }).click();
	await v.page.getByText("My laptop, added").waitFor({ state: "detached" });
	await v.signOut();
	await v.button("Use a passkey").click();
	await v.refused();
	await v.leave();
});

test("a copied authenticator is noticed by its counter", async () => {
	const v = await Visit.begin({ prepare: withAuthenticator });
	await v.signUp("copied@example.org");
	await v.button("Add a passkey").click();
	await v.page.getByText("The passkey is added.").waitFor();
	const { credentials: [original] } = await v.page.cdp.send("WebAuthn.getCredentials", { authenticatorId: v.page.authenticator });
	for (let i = 0; i < 2; i++) {
		await v.signOut();
		await v.button("Use a passkey").click();
		await v.onAccount();
	}
	await v.signOut();
	await v.page.cdp.send("WebAuthn.removeCredential", { authenticatorId: v.page.authenticator, credentialId: original.credentialId });
	await v.page.cdp.send("WebAuthn.addCredential", { authenticatorId: v.page.authenticator, credential: { ...original, signCount: 0 } });
	await v.button("Use a passkey").click();
	await v.refused();
	assert.ok(await app.logged("identity", (e) => e.what === "cloned_passkey"));
	await v.leave();
});

test("an authenticator app, its codes once each, and recovery codes when it is lost", async () => {
	const v = await Visit.begin();
	await v.enter("hedy@example.org");
	await v.button("Add an app").click();
	const secret = await v.page.locator("#totp-secret", { hasText: /\S/ }).textContent();
	assert.match(await v.page.locator("#totp-uri").getAttribute("href"), /^otpauth:\/\/totp\/roles/);
	await v.look("totp");
	await v.page.fill("#totp-code", "000000");
	await v.button("Turn it on").click();
	await v.refused();
	const step = Math.floor(Date.now() / 30000);
	await v.page.fill("#totp-code", totp(secret, step));
	await v.button("Turn it on").click();
	await v.page.getByText("10 recovery codes are left").waitFor();
	const codes = await v.page.locator("#recovery-codes li").allTextContents();
	assert.equal(new Set(codes).size, 10);
	await v.look("recovery-codes");
	await v.signOut();
	await v.signIn("hedy@example.org");
	await v.page.getByRole("heading", { name: "One more step" }).waitFor();
	await v.look("second-factor");
	assert.equal((await v.ask("GET", "/who")).status, 401, "half a sign-in is none");
	await v.page.fill("#code", totp(secret, step));
	await v.button("Go on").click();
	await v.refused();
	await v.page.fill("#code", totp(secret, step + 1));
	await v.button("Go on").click();
	await v.onAccount();
	assert.equal((await v.ask("POST", "/guarded")).status, 200);
	await v.signOut();
	await v.signIn("hedy@example.org");
	await v.page.fill("#code", codes[3].toUpperCase());
	await v.button("Go on").click();
	await v.onAccount();
	await v.page.getByText("9 recovery codes are left").waitFor();
	await v.signOut();
	await v.signIn("hedy@example.org");
	await v.page.fill("#code", codes[3]);
	await v.button("Go on").click();
	await v.refused();
	await v.page.fill("#code", codes[4]);
	await v.button("Go on").click();
	await v.onAccount();
	await v.button("Make new recovery codes").click();
	await v.page.getByText("10 recovery codes are left").waitFor();
	await v.leave();
});

test("a wallet signs in with a message of this site, signed by its own key", async () => {
	const wallet = new Wallet(), other = new Wallet();
	const v = await Visit.begin({ prepare: wallet.install });
	await v.look("sign-in-wallet");
	await v.button("Use a wallet").click();
	await v.onAccount();
	await v.page.getByText(`wallet: eip155:${wallet.address.toLowerCase()}`).waitFor();
	const me = () => v.ask("GET", "/_ward/auth/me").then((r) => r.body);
	const first = await me();
	assert.deepEqual([first.user.email, first.session.methods, first.session.mfa], [null, ["wallet"], false]);
	await v.signOut();
	for (const change of [
		(m) => m.replace("Sign in.", "Give all."),
		(m) => m.replace(`localhost:${app.port} wants`, "evil.example wants"),
		(m) => m.replace(/Chain ID: 1/, "Chain ID: 5"),
	]) {
		wallet.before = change;
		await v.button("Use a wallet").click();
		await v.refused();
	}
	wallet.before = (m) => m;
	const key = wallet.key;
	wallet.key = other.key;
	await v.button("Use a wallet").click();
	await v.refused();
	wallet.key = key;
	await v.button("Use a wallet").click();
	await v.onAccount();
	assert.equal((await me()).user.id, first.user.id);
	await v.leave();
});

test("a wallet is added to an account that has a password, and then leads to that account", async () => {
	const wallet = new Wallet();
	const v = await Visit.begin({ prepare: wallet.install });
	await v.enter("mary@example.org");
	await v.button("Add a wallet").click();
	await v.page.getByText(`wallet: eip155:${wallet.address.toLowerCase()}`).waitFor();
	await v.signOut();
	await v.button("Use a wallet").click();
	await v.onAccount();
	await v.page.getByText("mary@example.org").waitFor();
	// No way in goes around the second factor.
	await v.button("Add an app").click();
	const secret = await v.page.locator("#totp-secret", { hasText: /\S/ }).textContent();
	const step = Math.floor(Date.now() / 30000);
	await v.page.fill("#totp-code", totp(secret, step));
	await v.button("Turn it on").click();
	await v.page.getByText("10 recovery codes are left").waitFor();
	await v.signOut();
	await v.button("Use a wallet").click();
	await v.page.getByRole("heading", { name: "One more step" }).waitFor();
	assert.equal((await v.ask("GET", "/who")).status, 401);
	await v.page.fill("#code", totp(secret, step + 1));
	await v.button("Go on").click();
	await v.onAccount();
	assert.deepEqual((await v.ask("GET", "/_ward/auth/me")).body.session.methods.sort(), ["totp", "wallet"]);
	await v.page.getByRole("button", { name: /^Remove: wallet/ }).click();
	await v.page.getByText("wallet: eip155").waitFor({ state: "detached" });
	await v.leave();
});

test("a forgotten password: the link of an operator leads to a new one, once, and everybody else is out", async () => {
	const v = await Visit.begin(), thief = await Visit.begin();
	await v.enter("jean@example.org");
	await thief.signIn("jean@example.org");
	await thief.onAccount();
	const link = (await user(app, "reset", "jean@example.org")).match(/\/_ward\/account\/reset#token=\S+/)[0];
	await v.page.goto(link);
	await v.page.getByRole("heading", { name: "Choose a new password" }).waitFor();
	assert.equal(new URL(v.page.url()).hash, "", "the token is gone from the address bar and the history");
	await v.look("reset");
	await v.page.getByLabel("New password").fill("a louder harbour");
	await v.button("Show the password").click();
	assert.equal(await v.page.getByLabel("New password").getAttribute("type"), "text");
	await v.button("Save the new password").click();
	await v.onSignIn();
	assert.equal((await thief.ask("GET", "/who")).status, 401);
	await v.signIn("jean@example.org");
	await v.refused();
	await v.signIn("jean@example.org", "a louder harbour");
	await v.onAccount();
	const again = await Visit.begin({ at: link });
	await again.page.getByLabel("New password").fill("a third harbour");
	await again.button("Save the new password").click();
	await again.refused();
	for (const one of [v, thief, again]) await one.leave();
});

test("the pages that mails lead to are as clear as the others", async () => {
	for (const [place, title] of [["link", "Sign in by your link"], ["verify", "Confirm your address"]]) {
		const v = await Visit.begin({ at: `/_ward/account/${place}#token=${"A".repeat(43)}` });
		await v.page.getByRole("heading", { name: title }).waitFor();
		await v.look(place);
		await v.leave();
	}
	const back = await Visit.begin({ at: "/_ward/account/callback?state=forged&code=1" });
	await back.refused();
	assert.equal(new URL(back.page.url()).search, "");
	await back.look("callback-refused");
	await back.leave();
});

test("sessions are listed, and one that is ended is out at its next request", async () => {
	const v = await Visit.begin(), lost = await Visit.begin(), third = await Visit.begin();
	await v.enter("edith@example.org");
	for (const one of [lost, third]) {
		await one.signIn("edith@example.org");
		await one.onAccount();
		assert.equal((await one.ask("GET", "/who")).status, 200);
	}
	await v.page.reload();
	await v.page.getByText("This one").waitFor();
	assert.equal(await v.page.locator("#sessions li").count(), 3);
	await v.look("sessions");
	await v.page.getByRole("button", { name: /^End: / }).first().click();
	await v.page.waitForFunction(() => document.querySelectorAll("#sessions li").length === 2);
	const left = await Promise.all([lost, third].map((one) => one.ask("GET", "/who").then((r) => r.status)));
	assert.deepEqual(left.sort(), [200, 401]);
	await v.button("End all other sessions").click();
	await v.page.waitForFunction(() => document.querySelectorAll("#sessions li").length === 1);
	for (const one of [lost, third]) {
		assert.equal((await one.ask("GET", "/who")).status, 401);
		await one.page.reload();
		await one.onSignIn();
		await one.leave();
	}
	assert.equal((await v.ask("GET", "/who")).status, 200);
	await v.leave();
});

test("a new password on the account page ends the other sessions", async () => {
	const v = await Visit.begin(), other = await Visit.begin();
	await v.enter("lise@example.org");
	await other.signIn("lise@example.org");
	await other.onAccount();
	await v.page.fill("#present", "not the present one");
	await v.page.fill("#wanted", "another walk by the sea");
	await v.button("Change the password").click();
	await v.page.locator("#status.bad").waitFor();
	assert.equal((await other.ask("GET", "/who")).status, 200);
	await v.page.fill("#present", PASSWORD);
	await v.page.fill("#wanted", "another walk by the sea");
	await v.button("Change the password").click();
	await v.page.getByText("All other sessions have ended.").waitFor();
	assert.equal((await other.ask("GET", "/who")).status, 401);
	assert.equal((await v.ask("GET", "/who")).status, 200);
	for (const one of [v, other]) await one.leave();
});

test("an API key made on the page does its one thing, until it is revoked there", async () => {
	const v = await Visit.begin();
	await v.enter("ops@example.org");
	await v.page.getByLabel("Name", { exact: true }).fill("till");
	await v.page.getByLabel("Scopes").fill("orders.read");
	await v.button("Make a key").click();
	const text = v.page.locator("#key-text", { hasText: /^wk_/ });
	await text.waitFor();
	const authorization = `Bearer ${await text.textContent()}`;
	await v.look("key-made");
	assert.equal((await app.call("GET", "/orders", undefined, { authorization })).status, 200);
	assert.equal((await app.call("POST", "/orders", { what: "x" }, { authorization })).status, 403);
	await v.page.getByRole("button", { name: /^Revoke: till/ }).click();
	await v.page.getByText("till: orders.read").waitFor({ state: "detached" });
	assert.equal((await app.call("GET", "/orders", undefined, { authorization })).status, 401);
	await v.leave();
});

test("what is kept can be taken along, and then nothing is kept", async () => {
	const v = await Visit.begin();
	await v.enter("gone@example.org");
	const [download] = await Promise.all([v.page.waitForEvent("download"), v.button("Download what is kept about you").click()]);
	assert.equal(download.suggestedFilename(), "account.json");
	const text = readFileSync(await download.path(), "utf8");
	const kept = JSON.parse(text);
	assert.equal(kept.user.email, "gone@example.org");
	for (const part of ["account", "sessions", "passkeys", "links", "tenants", "keys"]) assert.ok(part in kept, part);
	assert.doesNotMatch(text, /argon2|hash/i);
	await v.button("Delete the account").click();
	await v.page.getByRole("heading", { name: "Is it you?" }).waitFor();
	await v.look("confirm");
	await v.button("Cancel").click();
	await v.refused("Nothing was changed.");
	assert.equal((await v.ask("GET", "/who")).status, 200);
	await v.button("Delete the account").click();
	await v.page.fill("#confirm-password", PASSWORD);
	await v.button("Go on").click();
	await v.onSignIn();
	assert.equal((await v.ask("GET", "/who")).status, 401);
	await v.signIn("gone@example.org");
	await v.refused();
	const { stdout } = await run(["user", "list", "--state", app.state]);
	assert.ok(!stdout.includes("gone@example.org"));
	await v.leave();
});

test("after the sign-in one goes on within this site only", async () => {
	const v = await Visit.begin();
	await v.enter("path@example.org");
	for (const to of ["//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/\t/evil.example"]) {
		await v.signOut();
		await v.page.goto(`/_ward/account/?to=${encodeURIComponent(to)}`);
		await v.signIn("path@example.org");
		await v.onAccount();
	}
	await v.signOut();
	await v.page.goto("/_ward/account/?to=/anyone");
	await v.signIn("path@example.org");
	await v.page.waitForURL("**/anyone");
	await v.leave();
});

// A page of somebody else's on a port of its own: the same site for cookies, another origin.
const elsewhere = (cookies = []) =>
	new Promise((resolve) => {
		const server = http.createServer((request, response) =>
			response.writeHead(200, { "content-type": "text/html", ...(cookies.length ? { "set-cookie": cookies } : {}) }).end("<!doctype html><title>Elsewhere</title>"));
		server.listen(0, "127.0.0.1", () => resolve(server));
	});

test("a page of another port of the same host, to which the cookie goes, can neither post nor read nor frame", async () => {
	const v = await Visit.begin();
	await v.enter("ride@example.org");
	const server = await elsewhere();
	const evil = await v.context.newPage();
	await evil.goto(`http://localhost:${server.address().port}/`);
	const results = await evil.evaluate(async (target) => {
		const tries = {
			signOut: () => fetch(`${target}/_ward/auth/sign-out`, { method: "POST", body: "{}", credentials: "include", mode: "no-cors" }).then((r) => r.type),
			call: () => fetch(`${target}/recent`, { method: "POST", body: "{}", credentials: "include", headers: { "content-type": "application/json" } }).then((r) => r.status),
			read: () => fetch(`${target}/_ward/auth/account`, { credentials: "include" }).then((r) => r.text()),
		};
		const seen = {};
		for (const [name, work] of Object.entries(tries)) seen[name] = await work().catch((e) => e.name);
		const form = Object.assign(document.createElement("form"), { method: "POST", action: `${target}/_ward/auth/sign-out`, target: "inner", enctype: "text/plain" });
		const frame = Object.assign(document.createElement("iframe"), { name: "inner" });
		document.body.append(frame, form);
		const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
		form.submit();
		await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, 2000))]);
		return seen;
	}, origin);
	assert.deepEqual(results, { signOut: "TypeError", call: "TypeError", read: "TypeError" });
	assert.equal((await v.ask("GET", "/who")).status, 200, "the session is still there");
	const framed = evil.waitForEvent("console", (m) => /frame-ancestors|X-Frame-Options|refused to/i.test(m.text()));
	await evil.evaluate((target) => document.body.append(Object.assign(document.createElement("iframe"), { src: `${target}/_ward/account/` })), origin);
	await framed;
	server.close();
	await v.leave();
});

test("a sibling domain cannot toss a session in", async () => {
	const port = await freePort();
	const names = await Served.start(copyApp("tests/scenario/apps/roles"), { port, args: ["--origin", `http://app.shop.localhost:${port}`] });
	const planted = "P".repeat(43);
	const server = await elsewhere(["", "__Secure-", "__Host-", "__host-", "__HOST-"].map((p) => `${p}ward_session=${planted}; Domain=shop.localhost; Path=/; Secure`)
		.concat(`=__Host-ward_session=${planted}; Domain=shop.localhost; Path=/; Secure`, `__Host-ward_session=${planted}; Domain=shop.localhost; Path=/who; Secure`));
	const context = await browser.newContext({ baseURL: `http://app.shop.localhost:${port}` });
	const page = await context.newPage();
	const who = () => page.evaluate(() => fetch("/who").then((r) => r.status));
	await page.goto("/_ward/account/");
	await page.evaluate((password) => fetch("/_ward/auth/sign-up", { method: "POST", headers: { "content-type": "application/json" },
		body: JSON.stringify({ email: "toss@example.org", password }) }), PASSWORD);
	assert.equal(await who(), 200);
	const evil = await context.newPage();
	await evil.goto(`http://evil.shop.localhost:${server.address().port}/`);
	const sent = (await context.cookies(`http://app.shop.localhost:${port}/who`)).filter((c) => c.value.includes(planted));
	assert.deepEqual(sent.map((c) => c.name).sort(), ["__Secure-ward_session", "ward_session"], "the browser takes these two, and ward reads neither");
	assert.equal(await who(), 200);
	await page.evaluate(() => fetch("/_ward/auth/sign-out", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }));
	assert.equal(await who(), 401, "with only what was tossed in, nobody is signed in");
	server.close();
	await context.close();
	await names.stop();
});
