// The shop on PostgreSQL: examples/shop as it is, with a manifest that names a server, and the few words of its SQL that
// SQLite and PostgreSQL do not share.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { copyApp, run } from "./lib.mjs";

const change = (file, ...pairs) => {
	let text = readFileSync(file, "utf8");
	for (const [from, to] of pairs) {
		if (!text.includes(from)) throw new Error(`${file} has no "${from}"`);
		text = text.replaceAll(from, to);
	}
	writeFileSync(file, text);
};

export const postgresShop = () => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"), { force: true });
	change(path.join(dir, "ward.yaml"), ["database: sqlite", "database: {kind: postgres, url: {secret: DATABASE_URL}}"]);
	change(path.join(dir, "migrations/0001_init.sql"), ["INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY"]);
	// A name that is not quoted is folded to lower case.
	for (const file of ["queries/orders.sql", "queries/products.sql"]) {
		const at = path.join(dir, file);
		writeFileSync(at, readFileSync(at, "utf8").replaceAll(/ AS ([a-z]+[A-Z]\w*)/g, ' AS "$1"'));
	}
	change(path.join(dir, "queries/products.sql"), ["instr(lower(name), lower(:text))", "strpos(lower(name), lower(:text))"]);
	return dir;
};

export const setUrl = async (dir, state, url) => {
	const { code, stderr } = await run(["secret", "set", "DATABASE_URL", "--state", state], { input: url });
	if (code !== 0) throw new Error(stderr);
};
