// The SDK's own code under the strict checker.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { root } from "./compiler.mjs";

for (const project of ["sdk", "sdk/guest", "sdk/browser"])
	test(`tsc -p ${project}`, () => {
		const done = spawnSync(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", path.join(root, project)], { encoding: "utf8" });
		assert.equal(done.stdout + done.stderr, "");
	});
