// docs/asvs.md names every requirement of three chapters once, and every file and test that it names is there: asvs.mjs [DOC]
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const text = readFileSync(process.argv[2] ?? path.join(root, "docs/asvs.md"), "utf8");
const wrong = [];

// How many requirements each section of ASVS 5.0.0 has.
const sections = { 6.1: 3, 6.2: 12, 6.3: 8, 6.4: 6, 6.5: 8, 6.6: 4, 6.7: 2, 6.8: 4, 7.1: 3, 7.2: 4, 7.3: 2, 7.4: 5, 7.5: 3, 7.6: 2, 9.1: 3, 9.2: 4 };
const rows = text.split("\n").map((line) => line.match(/^\| (\d\.\d\.\d+) .*$/)).filter(Boolean);
const wanted = Object.entries(sections).flatMap(([name, count]) => Array.from({ length: count }, (_, i) => `${name}.${i + 1}`));
for (const id of wanted) {
	const count = rows.filter((row) => row[1] === id).length;
	if (count !== 1) wrong.push(`${id} has ${count} rows`);
}
for (const [, id] of rows) if (!wanted.includes(id)) wrong.push(`${id} is no requirement`);

const files = new Map([...text.matchAll(/^\| \*(\w+)\* \| `([^`]+)`/gm)].map((m) => [m[1], path.join(root, m[2])]));
for (const [, name] of text.matchAll(/`((?:tests|bench|docs|src)\/[^`]+\.\w+)`/g))
	if (!existsSync(path.join(root, name))) wrong.push(`there is no ${name}`);

// "*file*: `name`, "words"; *file*: ...": each name stands in its file, a function as one that is defined there.
let named = 0;
for (const [row, id] of rows) {
	const last = row.split(" | ").at(-1);
	const parts = [...last.matchAll(/\*(\w+)\*: ((?:(?:`\w+`|"[^"]+")(?: \([^)]*\))?(?:, )?)+)/g)];
	if (!parts.length && !/ none \|$/.test(row) && !/\*\*(not met|no)/i.test(row)) wrong.push(`${id} is shown by nothing and not said to be missing`);
	for (const [, file, tests] of parts) {
		if (!files.has(file)) {
			wrong.push(`${id}: ${file} is not in the list of files`);
			continue;
		}
		const source = existsSync(files.get(file)) ? readFileSync(files.get(file), "utf8") : "";
		for (const [, c, words] of tests.matchAll(/`(\w+)`|"([^"]+)"/g)) {
			named++;
			if (!source.includes(c ? `${c}(` : words)) wrong.push(`${id}: ${file} has no ${c ?? words}`);
		}
	}
}
for (const line of wrong) console.log(line);
console.log(`asvs: ${rows.length} requirements, ${named} tests named`);
process.exit(wrong.length ? 1 : 0);
