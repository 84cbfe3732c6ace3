// From rows to build/bench/results.json and a table on standard output.
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";

const [, , from, to] = process.argv;
const rows = readFileSync(from, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
writeFileSync(to, JSON.stringify(rows, null, 1) + "\n");
const number = (n) => (n === null || n === undefined ? "" : Math.abs(n) >= 1000 ? Math.round(n).toLocaleString("en") : n.toPrecision(3));
const table = [["bench", "unit", "ward", "peer", "", "ratio"],
	...rows.map((r) => [r.name, r.unit, number(r.ours), number(r.peer), r.peer_name ?? "", r.ratio ? r.ratio.toFixed(2) : ""])];
const widths = table[0].map((_, i) => Math.max(...table.map((cells) => cells[i].length)));
console.log(`${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), Linux ${os.release()}, medians`);
for (const cells of table)
	console.log(cells.map((c, i) => (i === 2 || i === 3 || i === 5 ? c.padStart(widths[i]) : c.padEnd(widths[i]))).join("  ").trimEnd());
