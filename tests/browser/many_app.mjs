// An app of as many functions as an app may have: f0000 ... f0999, each of a line.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export const COUNT = 1000;
export const name = (n) => `f${String(n).padStart(4, "0")}`;

export function manyApp({ throws = -1 } = {}) {
	const dir = mkdtempSync(path.join(os.tmpdir(), "ward-many-"));
	mkdirSync(path.join(dir, "functions"));
	let yaml = "app: many\nfunctions:\n", source = "";
	for (let n = 0; n < COUNT; n++) {
		yaml += `  ${name(n)}:\n    why: Number ${n} of a thousand.\n    source: functions/all.ts\n    http: GET /${name(n)}\n    auth: public\n`;
		source += n === throws
			? `export function ${name(n)}(): { n: number } {\n\tthrow new Error("seven is too many");\n}\n`
			: `export function ${name(n)}(): { n: number } {\n\treturn { n: ${n} };\n}\n`;
	}
	writeFileSync(path.join(dir, "ward.yaml"), yaml);
	writeFileSync(path.join(dir, "functions/all.ts"), source);
	return dir;
}
