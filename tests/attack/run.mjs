// sqlmap against every endpoint of the example shop, and hostile strings through every field: `make attack`.
// It needs Debian's sqlmap and says so where that is absent (exit 77). Nothing but the shop on this machine is asked.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Served, copyApp } from "../scenario/lib.mjs";

try {
	execFileSync("sqlmap", ["--version"], { stdio: "ignore" });
} catch {
	console.log("skipped: sqlmap is not installed (apt-get install sqlmap)");
	process.exit(77);
}

const dir = copyApp("examples/shop");
rmSync(path.join(dir, "ward.lock"), { force: true });
const shop = await Served.start(dir);
const answer = await shop.call("POST", "/_ward/auth/sign-up", { email: "ada@example.org", password: "nine lives and a harbour" });
const cookie = answer.headers.get("set-cookie").split(";")[0];

// Every operation of the app's own description, each parameter and body field marked for sqlmap with '*'.
const description = JSON.parse(readFileSync(path.join(dir, ".ward/public/_ward/openapi.json"), "utf8"));
const resolve = (schema) => (schema?.$ref ? resolve(schema.$ref.slice(2).split("/").reduce((at, k) => at[k], description)) : schema);
const sample = (raw) => {
	const schema = resolve(raw) ?? {};
	if (schema.const !== undefined) return schema.const;
	if (schema.enum) return schema.enum[0];
	if (schema.anyOf) return sample(schema.anyOf[0]);
	if (schema.type === "object") return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([k, v]) => [k, sample(v)]));
	if (schema.type === "array") return [sample(schema.items)];
	if (schema.type === "integer" || schema.type === "number") return "1*";
	return "x*";
};
const targets = [];
for (const [url, operations] of Object.entries(description.paths))
	for (const [method, operation] of Object.entries(operations)) {
		if (!["get", "post", "put", "patch", "delete"].includes(method)) continue;
		const query = (operation.parameters ?? []).filter((p) => p.in === "query").map((p) => `${p.name}=x*`).join("&");
		const body = operation.requestBody ? JSON.stringify(sample(operation.requestBody.content["application/json"].schema)) : undefined;
		targets.push({ method: method.toUpperCase(), url: url.replace(/\{[^}]+\}/g, "1*") + (query ? `?${query}` : ""), body });
	}

const out = mkdtempSync(path.join(os.tmpdir(), "ward-sqlmap-"));
let failed = 0;
for (const { method, url, body } of targets) {
	const args = ["-u", shop.base + url, "--method", method, "--cookie", cookie, "--batch", "--level", "2", "--risk", "2", "--technique", "BEUS",
		"--flush-session", "--output-dir", out, "--disable-coloring", "--ignore-code", "*", "--timeout", "5", "--retries", "0", "--threads", "4",
		"--dbms", "sqlite", ...(body ? ["--data", body, "--headers", "Content-Type: application/json"] : [])];
	const text = await new Promise((done) => execFile("sqlmap", args, { timeout: 240000, maxBuffer: 64 << 20 }, (e, stdout) => done(stdout)));
	const injectable = /is vulnerable|sqlmap identified the following injection/.test(text);
	const tested = /do not appear to be injectable|no parameter\(s\) found|not injectable/i.test(text);
	const ok = !injectable && (tested || !`${url}${body ?? ""}`.includes("*"));
	if (!ok) failed++;
	console.log(`${ok ? "refused " : "LOOK    "} ${method} ${url}${ok ? "" : `\n${text.slice(-1500)}`}`);
}
const said = shop.entries("query_failed").length;
console.log(`${targets.length} endpoints, ${failed} to look at; queries that the database refused: ${said}`);
await shop.stop();
rmSync(out, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
