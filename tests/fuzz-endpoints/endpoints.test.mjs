// The endpoint fuzzer on the shop with its bank, all served by the real program; and on an app with faults, which it must find.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { copyApp, root } from "../scenario/lib.mjs";
import { serving, shopWith } from "../sdk/shop.mjs";

const fuzzer = path.join(root, "tests/fuzz-endpoints/fuzz.mjs");
const seed = process.env.FUZZ_SEED ?? "1";

async function fuzz(base, ...args) {
	const done = await promisify(execFile)(process.execPath, [fuzzer, "--base", base, ...args], { maxBuffer: 16 << 20 }).catch((e) => e);
	return { code: done.code ?? 0, said: done.stdout };
}

// Without its rate limit, or most answers would be 429 and the fuzzer would wait its minutes out.
function patientShop(started) {
	const dir = shopWith(started);
	const at = path.join(dir, "ward.yaml");
	const text = fs.readFileSync(at, "utf8");
	assert.match(text, /rate: /);
	fs.writeFileSync(at, text.replace(/^\s*limits: \{rate: [^}]*\}\n/m, ""));
	return dir;
}

test("the shop answers every input as it declares", () =>
	serving([() => copyApp("examples/bank"), patientShop], async (_bank, shop) => {
		const { code, said } = await fuzz(shop, "--sign-up", "--rounds", "3", "--seed", seed);
		assert.equal(code, 0, said);
		// Not only refusals: orders were made and read, cards were charged and declined.
		const byStatus = JSON.parse(/requests, (\{.*?\})/.exec(said)[1]);
		assert.ok(byStatus[200] > 200 && byStatus[400] > 300 && byStatus[404] > 0, said);
	}));

test("the bank too", () =>
	serving([() => copyApp("examples/bank")], async (bank) => {
		const { code, said } = await fuzz(bank, "--rounds", "3", "--seed", seed);
		assert.equal(code, 0, said);
	}));

test("an app that breaks its promises is found out", () =>
	serving([() => copyApp("tests/fuzz-endpoints/apps/broken")], async (broken) => {
		const { code, said } = await fuzz(broken, "--rounds", "1", "--seed", seed);
		assert.equal(code, 1, said);
		assert.match(said, /GET \/divide\/0 \(valid, valid\)\n {4}status 500/);
		assert.match(said, /POST \/store \(valid, valid\).*\n {4}status 500/);
	}));
