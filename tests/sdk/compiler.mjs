// Runs sdk/compile.mjs as ward does, on a copy of an app.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.join(here, "..", "..");

/** A copy of an app that the test may change; data as the C side would have written it. */
export function copyApp(from, data) {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "ward-sdk-"));
	fs.cpSync(path.join(root, from), dir, { recursive: true, filter: (f) => !/[\\/]\.ward/.test(f) });
	const out = path.join(dir, ".ward", "build");
	fs.mkdirSync(out, { recursive: true });
	const whole = typeof data === "string" ? JSON.parse(fs.readFileSync(path.join(here, "data", `${data}.json`), "utf8")) : data;
	fs.writeFileSync(path.join(out, "data.json"), JSON.stringify(whole));
	return {
		dir, out,
		read: (file) => fs.readFileSync(path.join(dir, file), "utf8"),
		json: (file) => JSON.parse(fs.readFileSync(path.join(dir, file), "utf8")),
		write: (file, text) => {
			fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
			fs.writeFileSync(path.join(dir, file), text);
		},
		data: whole,
		setData: (changed) => fs.writeFileSync(path.join(out, "data.json"), JSON.stringify(changed)),
		compile: () => compile(dir, out),
		done: () => fs.rmSync(dir, { recursive: true, force: true }),
	};
}

function compile(dir, out) {
	const done = spawnSync(process.execPath, [path.join(root, "sdk/compile.mjs"), "--app", dir, "--data", path.join(out, "data.json"), "--out", out], { encoding: "utf8" });
	if (done.stderr) throw new Error(done.stderr);
	return { status: done.status, findings: done.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line)) };
}
