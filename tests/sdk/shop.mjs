// Serves copies of the example apps: the shop with the bank that it pays through, on ports of their own.
import fs from "node:fs";
import path from "node:path";
import { Served, copyApp } from "../scenario/lib.mjs";

/** Serves apps, each made by a function of those already started, while `run` works with their addresses. */
export async function serving(dirs, run) {
	const started = [];
	try {
		for (const prepare of dirs) started.push(await Served.start(prepare(started)));
		return await run(...started.map((s) => s.base));
	} finally {
		for (const s of started) {
			await s.stop();
			fs.rmSync(s.dir, { recursive: true, force: true });
		}
	}
}

export function shopWith([bank]) {
	const dir = copyApp("examples/shop");
	for (const file of ["ward.yaml", "functions/pay.ts"]) {
		const text = fs.readFileSync(path.join(dir, file), "utf8");
		fs.writeFileSync(path.join(dir, file), text.replaceAll("8090", String(bank.port)));
	}
	// Another port is another authority than the lock holds.
	fs.rmSync(path.join(dir, "ward.lock"));
	return dir;
}
