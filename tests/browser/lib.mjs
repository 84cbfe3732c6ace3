// A real Chromium (Debian's) driven by playwright-core, and pages that are looked at: screenshots go to build/screenshots.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { buildDir, root } from "../scenario/lib.mjs";

const { chromium } = createRequire(path.join(root, "tests", "package.json"))("playwright-core");

export const launch = () =>
	chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync"],
	});

export const shot = async (page, name) => {
	const dir = path.join(buildDir, "screenshots");
	mkdirSync(dir, { recursive: true });
	await page.screenshot({ path: path.join(dir, `${name}.png`), fullPage: true });
};

// Fails the test that opened the page when the page logs an error or breaks its own content security policy.
export const watch = (page) => {
	const wrong = [];
	page.on("pageerror", (e) => wrong.push(String(e)));
	page.on("console", (m) => {
		if (m.type() === "error" && !/status of (4|5)\d\d/.test(m.text())) wrong.push(m.text());
	});
	return wrong;
};
