// What the review's outside tests share: projects made of texts, and the program over them.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const program = process.env.WARD_REVIEW ?? path.join(root, "build/src/review/ward-review");
export const rules = process.env.WARD_RULES ?? path.join(root, "rules");
export const env = { ...process.env, WARD_RULES: rules, NO_COLOR: "1" };

// A directory of {path: text}, gone when the test ends.
export const project = (t, files) => {
	const dir = mkdtempSync(path.join(os.tmpdir(), "ward-review-"));
	t.after(() => rmSync(dir, { recursive: true, force: true }));
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
		writeFileSync(path.join(dir, name), text);
	}
	return dir;
};

export const check = (...args) => {
	const done = spawnSync(program, args, { encoding: "utf8", env, maxBuffer: 64 << 20, timeout: 60_000 });
	return { code: done.status, stdout: done.stdout, stderr: done.stderr };
};
