// The operators' page over the real `ward dev` of the example shop, with customers in it and one function that has been tampered with:
// every page says what the program knows, acts, is usable by keys alone and readable for everybody, and is looked at (build/screenshots).
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { PASSWORD, wardUser } from "../scenario/accounts.mjs";
import { Served, copyApp, root, run, sleep, until } from "../scenario/lib.mjs";
import { launch, shot, watch } from "./lib.mjs";
import { mischief, openShop, signUp, visit } from "./watched_shop.mjs";

const axe = readFileSync(createRequire(path.join(root, "tests", "package.json")).resolve("axe-core/axe.min.js"), "utf8");
let world, shop, people, browser, page, wrong, busy;

const api = async (what) => (await shop.call("GET", `/_ward/api/${what}`)).body;
const text = (selector) => page.locator(selector).first().innerText();
const heading = () => text("main h1");
const goTo = async (where) => {
	await page.goto(`/_ward/${where}`);
	await page.locator("main h1").first().waitFor();
};
/** Waits until the page's words match, and gives them. */
const says = (pattern, selector = "main", ms = 8000) =>
	until(`"${pattern}" in ${selector}`, ms, async () => {
		const said = (await page.locator(selector).first().innerText().catch(() => "")).replaceAll("\u202f", " ");
		return pattern.test(said) ? said : null;
	});
const rows = (caption) => page.locator(`table:has(caption:text-is("${caption}")) tbody tr`);
/** Whether something has been drawn: a canvas of one colour is an empty chart. */
const drawn = (selector) =>
	page.locator(selector).first().evaluate((c) => {
		const bytes = new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer);
		return new Set(bytes).size > 8;
	});

before(async () => {
	world = await openShop();
	({ shop } = world);
	people = [];
	for (const name of ["ada", "grace", "mary"]) people.push(await signUp(shop, `${name}@example.org`));
	let on = true;
	const lanes = people.map(async (who) => {
		while (on) {
			await visit(shop, who, { pause: 150 });
			await sleep(400);
		}
	});
	busy = async () => {
		on = false;
		await Promise.all(lanes);
	};
	await sleep(3000);
	await mischief(shop);
	browser = await launch();
	page = await (await browser.newContext({ baseURL: shop.base, viewport: { width: 1440, height: 900 }, colorScheme: "light" })).newPage();
	page.setDefaultTimeout(10000);
	wrong = watch(page);
	await until("the denial", 10000, async () => (await api("incidents")).incidents?.some((i) => i.kind === "denial"));
});
after(async () => {
	await browser?.close();
	await busy?.();
	await world?.stop();
});

test("the overview says in a sentence how things are, in numbers that are those of the interface, and goes on by itself", async () => {
	await goTo("");
	await says(/One incident is being acted on/, "h1");
	await says(/calls in the last minute, half of them answered within \d/);
	await says(/All functions are still being learned/);
	const names = await rows("The functions that matter now").locator("th").allInnerTexts();
	assert.equal(names[0], "suggest", "what needs a look stands first");
	assert.deepEqual(names.sort(), ["createOrder", "getOrder", "listOrders", "listProducts", "pay", "suggest"]);
	assert.ok(await until("the chart of calls", 8000, () => drawn(".trio canvas")));
	assert.ok(await until("the last minute", 8000, () => drawn(".tape canvas")));
	const shown = await until("a rate", 8000, async () => Number(await text(".figure .value")) || null);
	const { minute } = await api("overview");
	assert.ok(Math.abs(shown - minute.rate) < 0.25 * minute.rate + 0.5, `${shown} on the page, ${minute.rate} in the interface`);
	// Live: what happens now appears without anything being pressed.
	const counted = async () => (await api("overview")).functions.find((f) => f.name === "suggest").calls;
	const before = await counted();
	for (let n = 0; n < 150; n++) await shop.call("POST", "/suggest", { like: "tray-oak" });
	await until("the burst in the interface", 4000, async () => (await counted()) >= before + 150);
	const row = rows("The functions that matter now").filter({ hasText: "suggest" });
	await until("the burst in its row", 4000, async () => Number((await row.locator("td").nth(2).innerText()).trim()) >= 2.5);
	await page.locator('.connection:text("Live")').waitFor();
});

test("from the overview to a function: its contract in plain words, charts, errors, behaviour", async () => {
	await page.locator('nav a:has-text("Functions")').click();
	await says(/^Functions$/, "h1");
	await rows("Functions").filter({ hasText: "pay" }).locator("a.name").click();
	await says(/Has the bank charge the card/);
	const said = await says(/Whoever is signed in may call it, by POST \/orders\/\{order\}\/pay/);
	assert.match(said, /By two queries it reads from orders and writes to orders; every one of them is bound to the caller/);
	assert.match(said, /It sends requests to 127\.0\.0\.1:\d+ \(POST \/charges\)/);
	assert.match(said, /A call gets 50 ms of CPU, 32 MiB of memory and 10 s in all; 128 may run at a time\. It takes ten calls a minute of each user/);
	assert.match(said, /card: string.*◆ secret/);
	assert.match(said, /409 AlreadyPaid/);
	await page.locator("summary", { hasText: "MarkPaid" }).click();
	await says(/UPDATE orders SET status = 'paid'/);
	assert.equal(await page.locator(".chart-grid canvas").count(), 6);
	for (const [range, tier] of [["1 day", "24h"], ["30 days", "30d"], ["1 hour", "1h"]]) {
		const asked = page.waitForResponse((r) => r.url().includes(`functions/pay/chart?range=${tier}`) && r.ok());
		await page.locator(`.choice label:has-text("${range}")`).click();
		await asked;
	}
	const { calls } = await api("functions/pay");
	assert.ok(calls > 0);
	const version = (await api("functions/pay")).version;
	await says(new RegExp(version), 'section:has(h2:text-is("Versions"))');
});

test("errors of one stack are one row, with the place in the source", async () => {
	await goTo("functions/suggest");
	const errors = await says(/TypeError: nothing is like/, 'section:has(h2:text-is("Where it went wrong"))');
	assert.match(errors, /two times/);
	assert.match(errors, /at suggest \(functions\/suggest\.ts:\d+:\d+\)/);
	await says(/Anybody may call it, by POST \/suggest/);
	await says(/It reaches no other host/);
	await says(/Still being learned/, 'section:has(h2:text-is("How it behaves"))');
});

test("requests: by how they ended, by function, by caller; one with its host calls", async () => {
	await goTo("requests");
	await rows("Requests").nth(20).waitFor();
	await page.locator('.choice label:has-text("Failed")').click();
	await until("failures alone", 8000, async () => {
		const ended = await rows("Requests").locator("td:nth-child(4)").allInnerTexts();
		return ended.length === 2 && ended.every((e) => /Threw/.test(e));
	});
	assert.match(page.url(), /outcome=failures/);
	await page.locator('.choice label:has-text("Refused")').click();
	await until("refusals alone", 8000, async () => {
		const ended = await rows("Requests").locator("td:nth-child(4)").allInnerTexts();
		return ended.length > 3 && ended.every((e) => /Bad input|Not signed in|Over a limit/.test(e));
	});
	await goTo("requests?function=pay");
	await until("those of pay", 8000, async () => {
		const named = await rows("Requests").locator("td:nth-child(3)").allInnerTexts();
		return named.length > 2 && named.every((n) => n === "pay");
	});
	await page.locator('button:text("Hold still")').click();
	const caller = rows("Requests").first().locator('td[data-label="Caller"] a');
	const hash = (await caller.getAttribute("title")).match(/[0-9a-f]{16}$/)[0];
	await caller.click();
	await page.waitForURL(new RegExp(`caller=${hash}`));
	await rows("Requests").nth(3).waitFor();
	const asked = await api(`requests?limit=60&caller=${hash}`);
	assert.ok(asked.requests.length > 3 && asked.requests.every((r) => r.caller === hash));
	// One of pay: its two queries and the bank, in their order.
	const [one] = (await api("requests?function=pay&outcome=ok&limit=1")).requests;
	await goTo(`requests/${one.id}`);
	assert.match(await heading(), /^Answered after/);
	const calls = await page.locator(".waterfall .call > span:first-child").allInnerTexts();
	assert.deepEqual(calls.map((c) => c.replaceAll("\n", " ").trim()), ["query GetOwnOrder", "request to 127.0.0.1", "query MarkPaid"]);
	// As a waterfall: each begins after the one before has ended, and none lasts longer than the request.
	const { calls: known } = await api(`requests/${one.id}`);
	for (const [n, c] of known.entries()) {
		assert.ok(c.took_us > 0 && c.start_us + c.took_us <= one.wall_us * 1.13, JSON.stringify([c, one.wall_us]));
		if (n > 0) assert.ok(c.start_us * 1.13 >= known[n - 1].start_us + known[n - 1].took_us, JSON.stringify(known));
	}
	const lefts = await page.locator(".waterfall .call rect").evaluateAll((all) => all.map((r) => Number(r.getAttribute("x"))));
	assert.ok(lefts[0] < lefts[1] && lefts[1] < lefts[2], lefts.join());
	await says(/order paid/, 'section:has(h2:text-is("What it logged"))');
});

test("a denied call is marked in its request, which leads to the incident", async () => {
	const { incidents } = await api("incidents");
	const denial = incidents.find((i) => i.kind === "denial");
	await goTo(`requests/${denial.evidence[0].request}`);
	await says(/It asked for a query that its contract does not grant; that was denied/);
	await says(/denied: query/, ".waterfall");
	await page.locator(`a:text("incident ${denial.id}")`).click();
	await says(/^Asked for what it may not$/, "h1");
	await says(/the broker refused/);
	await says(/ListOwnOrders is not in its contract/);
	assert.equal(await rows("Evidence").count(), 4);
	assert.match(await text(".timeline"), /First seen[^]*Acted on/);
});

test("what nobody took of what was told outside is shown, and tried again from the page", async () => {
	await goTo("");
	await says(/One message about incidents was taken by nobody/);
	await goTo("incidents");
	const told = rows("Messages to webhooks");
	await told.first().waitFor();
	assert.match((await told.first().innerText()).replaceAll("\n", " "), /127\.0\.0\.1:\d+\/chat.*incident \d+: it began.*taken by nobody.*Try again.*410 it was refused.*1/);
	world.hook.status = 204;
	await told.first().locator('button:text("Try again")').click();
	await until("it is taken", 10000, async () => world.hook.taken.length === 1 && /taken(?! by nobody)/.test(await told.first().innerText()));
	assert.equal(world.hook.taken[0].incident.kind, "denial");
	assert.equal((await api("overview")).undelivered, 0);
});

test("data: who may touch what, the same in the picture and in the tables", async () => {
	await goTo("data");
	const { grants } = await api("authority");
	await page.locator(".picture svg").waitFor();
	const edges = page.locator(".picture .edge.read, .picture .edge.write");
	assert.equal(await edges.count(), grants.length);
	assert.equal(await page.locator(".picture a").count(), 6);
	const note = page.locator('table:has(caption:text-is("Columns of orders")) tr', { hasText: "note" });
	assert.match(await note.innerText(), /◆/);
	assert.match((await note.locator("td").first().innerText()).replaceAll("\n", " "), /getOrder by GetOwnOrder.*pay by GetOwnOrder/);
	const status = page.locator('table:has(caption:text-is("Columns of orders")) tr', { hasText: "status" });
	assert.match(await status.locator("td").nth(1).innerText(), /pay by MarkPaid/);
	await page.locator('label:has-text("Function") select').selectOption("suggest");
	await until("the picture of one", 3000, async () => (await edges.count()) === grants.filter((g) => g.function === "suggest").length);
	await page.locator('label:has-text("Function") select').selectOption("");
	await page.locator(".picture a", { hasText: "pay" }).focus();
	assert.ok((await page.locator(".picture .edge.write.lit").count()) >= 3, "what pay changes is lit");
	assert.ok((await page.locator(".picture .edge.dim").count()) > 10, "the rest is dim");
});

test("deployments: what is new, then what a release changed", async () => {
	await goTo("deployments");
	await until("the first", 8000, async () => (await rows("Deployments").count()) === 1);
	const first = (await rows("Deployments").first().innerText()).replaceAll("\n", " ");
	assert.match(first, /serves.*new createOrder, getOrder, listOrders, listProducts, pay, suggest.*incident \d+/);
	const file = path.join(shop.dir, "functions/suggest.ts");
	writeFileSync(file, readFileSync(file, "utf8").replace("nothing is like", "nothing here is like"));
	await until("the release", 20000, async () => (await api("deployments")).deployments.length === 2);
	await until("it on the page", 15000, async () => (await rows("Deployments").count()) === 2);
	assert.match((await rows("Deployments").first().innerText()).replaceAll("\n", " "), /serves.*changed suggest.*nothing strange/);
	const told = await run(["deployments", "--state", shop.state]);
	assert.match(told.stdout, /0 new, 1 changed, 0 gone {2}\(serves\)\n {2}changed {2}suggest\n.*6 new, 0 changed, 0 gone\n/);
});

test("processes: the same as ward ps", async () => {
	await goTo("processes");
	await rows("Processes").nth(8).waitFor();
	const listed = (await shop.processes()).map((p) => String(p.pid)).sort();
	await until("every process", 8000, async () => {
		const shown = (await rows("Processes").locator("td:nth-child(3)").allInnerTexts()).sort();
		return JSON.stringify(shown) === JSON.stringify(listed);
	});
	const workers = await page.locator(".room.worker li").allInnerTexts();
	assert.ok(workers.length >= 6 && workers.some((w) => /pay/.test(w)), workers.join());
	await says(/processes in \d+ MB of memory, none restarted/);
});

test("identity: accounts in numbers, and the sign-ins of the last hour", async () => {
	for (let n = 0; n < 3; n++) assert.equal((await shop.call("POST", "/_ward/auth/sign-in", { email: "ada@example.org", password: "not this one" })).status, 401);
	await goTo("identity");
	await says(/Sign-ins are as usual/, "h1");
	await says(/Three accounts; none of them has a second factor\. Three sessions are open/);
	assert.ok(await until("the chart of sign-ins", 8000, () => drawn(".plot canvas")));
	const since = await says(/Refused\s+3/, 'section:has(h2:text-is("Since the start"))');
	assert.match(since, /Signed up\s+3/);
	assert.doesNotMatch(await page.locator("main").innerText(), /ada@|usr_/, "nobody is named");
});

test("acting: a function is quarantined from its page, callers see it, and it is released again", async () => {
	await goTo("functions/suggest");
	await page.locator('.act select').selectOption("quarantine");
	await page.locator('.act input[type="text"]').fill("looks tampered with");
	await page.locator('.act button').click();
	await says(/everybody in quarantine/, ".actions");
	await until("a 503", 5000, async () => (await shop.call("POST", "/suggest", { like: "tray-oak" })).status === 503);
	await says(/looks tampered with/, ".actions");
	await page.locator('.actions button:text("Release")').click();
	await until("a 200", 5000, async () => (await shop.call("POST", "/suggest", { like: "tray-oak" })).status === 200);
	await page.locator(".actions").waitFor({ state: "detached" });
});

test("audit: who signed up, and what an operator did just now with the function", async () => {
	await goTo("audit");
	const acts = rows("Audit").filter({ hasText: "looks tampered with" });
	await acts.first().waitFor();
	assert.match(await acts.first().innerText(), /Quarantined[^]*suggest for 30 min: looks tampered with[^]*operator/);
	assert.match(await rows("Audit").first().innerText(), /Released[^]*action \d+[^]*operator/);
	const up = rows("Audit").filter({ hasText: "Signed up" });
	assert.equal(await up.count(), 3);
	const { events } = await api("audit?limit=100");
	assert.equal(await rows("Audit").count(), events.length);
});

const shapes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

test("every page, light and dark, at a desk and on a phone: nothing is cut off, and axe finds nothing serious", async () => {
	const { incidents } = await api("incidents");
	const [paid] = (await api("requests?function=pay&outcome=ok&limit=1")).requests;
	const pages = { overview: "", functions: "functions", function: "functions/pay", requests: "requests", request: `requests/${paid.id}`, data: "data",
		identity: "identity", incidents: "incidents", incident: `incidents/${incidents.find((i) => i.kind === "denial").id}`, audit: "audit", processes: "processes", deployments: "deployments" };
	const found = [];
	for (const scheme of ["light", "dark"])
		for (const [size, viewport] of Object.entries(shapes)) {
			const context = await browser.newContext({ baseURL: shop.base, viewport, colorScheme: scheme, reducedMotion: "reduce" });
			const p = await context.newPage();
			const complaints = watch(p);
			for (const [name, where] of Object.entries(pages)) {
				await p.goto(`/_ward/${where}`);
				await p.locator("main h1").first().waitFor();
				await p.locator("[aria-busy]").first().waitFor({ state: "detached" });
				await p.evaluate(() => document.fonts.ready);
				await p.waitForFunction(() => [...document.querySelectorAll(".plot")].every((f) => f.querySelector("canvas")));
				const over = await p.evaluate(() => document.documentElement.scrollWidth - innerWidth);
				if (over > 0) found.push(`${name} ${scheme} ${size}: ${over} px too wide`);
				await shot(p, `dashboard-${name}-${scheme}-${size}`);
				// Once in each scheme and at each width: what differs between them is colour and layout.
				if ((scheme === "light") !== (size === "desktop")) continue;
				const bad = await p.evaluate(`${axe}; axe.run().then((r) => r.violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " (" + n.failureSummary.slice(0, 200) + ")").slice(0, 3).join(" | ")))`);
				for (const b of bad) found.push(`${name} ${scheme} ${size}: ${b}`);
			}
			found.push(...complaints);
			await context.close();
		}
	assert.deepEqual(found, []);
});

test("by keys alone: past the menu, through every page, into a chart and out", async () => {
	await goTo("");
	await page.keyboard.press("Tab");
	assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "Skip to the page");
	const seen = [];
	for (const title of ["Overview", "Incidents", "Requests", "Functions", "Data", "Identity", "Deployments", "Processes", "Audit"]) {
		await goTo("");
		for (let n = 0; n < 14; n++) {
			await page.keyboard.press("Tab");
			const on = await page.evaluate(() => document.activeElement.closest("nav") && document.activeElement.querySelector("span")?.textContent);
			if (on === title) break;
		}
		await page.keyboard.press("Enter");
		await until(`the page ${title}`, 5000, () => page.evaluate((t) => document.querySelector("nav a[aria-current]")?.textContent.startsWith(t), title));
		if (title !== "Overview") await until("its heading has the focus", 3000, () => page.evaluate(() => document.activeElement.matches("main h1")));
		seen.push(title);
	}
	assert.equal(seen.length, 9);
	await goTo("functions/pay");
	await page.locator(".plot canvas").first().waitFor();
	await page.locator(".plot").first().focus();
	const value = () => page.locator(".plot").first().getAttribute("aria-valuetext");
	const newest = await value();
	assert.match(newest, /^\d\d:\d\d:\d\d: calls\/s/);
	await page.keyboard.press("ArrowLeft");
	await page.keyboard.press("ArrowLeft");
	await until("an earlier span", 3000, async () => (await value()) !== newest);
	await page.locator("summary").first().focus();
	await page.keyboard.press("Enter");
	assert.ok(await page.locator("details[open] pre").first().isVisible());
});

test("on a phone the menu opens and closes by itself", async () => {
	const context = await browser.newContext({ baseURL: shop.base, viewport: shapes.phone });
	const p = await context.newPage();
	await p.goto("/_ward/");
	assert.equal(await p.locator("nav").isVisible(), false);
	await p.locator('button:text("Menu")').click();
	await p.locator('nav a:has-text("Data")').click();
	await p.locator('h1:text("Who may touch what")').waitFor();
	assert.equal(await p.locator("nav").isVisible(), false);
	await context.close();
});

test("what is not there says so and leads on", async () => {
	await goTo("functions/nobody");
	await says(/There is no function of that name/);
	await goTo("incidents/99999");
	await says(/There is no such incident/);
	await goTo("requests/0123456789abcdef");
	await says(/no longer kept one by one/);
});

test("an incident is released by hand, and the overview is calm again", async () => {
	const { incidents } = await api("incidents");
	const denial = incidents.find((i) => i.kind === "denial");
	await goTo(`incidents/${denial.id}`);
	await page.locator('button:text("Release: it is fine")').click();
	await says(/Over/, ".tags");
	assert.equal((await api(`incidents/${denial.id}`)).state, "closed");
	await goTo("");
	await says(/All is well|All is quiet/, "h1");
});

test("when ward goes away the page says so and comes back by itself", async () => {
	await goTo("");
	await page.locator('.connection:text("Live")').waitFor();
	const monitor = (await shop.processes()).find((p) => p.name === "monitor");
	process.kill(monitor.pid, "SIGKILL");
	await until("another monitor", 8000, async () => (await shop.processes()).some((p) => p.name === "monitor" && p.pid !== monitor.pid && p.state === "ready"));
	await page.locator('.connection:text("Live")').waitFor({ timeout: 15000 });
	await until("numbers again", 15000, async () => (await page.locator(".figure .value").first().innerText()) !== "–");
});

test("ward serve asks for an operator: the way there and back, and nothing before it", async () => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"));
	const state = mkdtempSync(path.join(os.tmpdir(), "ward-state-"));
	await wardUser(state, ["add", "ops@example.org", "--operator", "--password-stdin"], PASSWORD);
	const served = await Served.start(dir, { state });
	const context = await browser.newContext({ baseURL: served.base });
	try {
		const p = await context.newPage();
		const asked = [];
		p.on("response", (r) => r.url().includes("/_ward/api/") && asked.push(r.status()));
		await p.goto("/_ward/processes");
		await p.waitForURL(/\/_ward\/operator\/\?to=/);
		assert.ok(asked.length > 0 && asked.every((status) => status === 401), asked.join());
		await p.fill("#email", "ops@example.org");
		await p.fill("#password", PASSWORD);
		await p.locator("#password-submit").click();
		await p.waitForURL((url) => url.pathname === "/_ward/processes");
		await p.locator('table:has(caption:text-is("Processes")) tbody tr').nth(5).waitFor();
		await p.locator('.connection:text("Live")').waitFor();
		// An app's own account opens nothing here.
		const other = await browser.newContext({ baseURL: served.base });
		await other.request.post("/_ward/auth/sign-up", { data: { email: "eve@example.org", password: "a quiet afternoon walk" } });
		assert.equal((await other.request.get("/_ward/api/overview")).status(), 401);
		await other.close();
	} finally {
		await context.close();
		await served.stop();
	}
});

test("the pages kept their content security policy and threw nothing", () => {
	assert.deepEqual(wrong, []);
});
