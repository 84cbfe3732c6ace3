// A PostgreSQL server that is somebody's already: taken as it is, spoken to over TLS that is verified, looked after with `ward db`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { Served, copyApp, run, until } from "./lib.mjs";
import { PASSWORD, Postgres, missing, test } from "./postgres_server.mjs";
import { postgresShop, setUrl } from "./postgres_shop.mjs";

let pg;
before(async () => {
	if (missing) return;
	pg = await Postgres.start({ tls: true });
});
after(() => pg?.stop());

const newState = async (dir, url) => {
	const state = mkdtempSync(path.join(os.tmpdir(), "ward-state-"));
	await setUrl(dir, state, url);
	return state;
};
const serve = async (dir, url, check) => {
	const app = await Served.start(dir, { state: await newState(dir, url) });
	try {
		return await check(app);
	} finally {
		await app.stop();
	}
};
const built = async (dir, url) => {
	const { code, stderr } = await run(["build", dir, "--state", await newState(dir, url)]);
	return { code, stderr };
};

test("a database without migrations is taken as it is: no object of it is changed", async () => {
	const dir = copyApp("tests/scenario/apps/ledger");
	const sql = readFileSync(path.join(dir, "migrations/0001_init.sql"), "utf8");
	pg.create("existing");
	pg.sql("existing", `${sql}; CREATE VIEW seen AS SELECT id FROM vault; CREATE INDEX by_word ON entries (word)`);
	rmSync(path.join(dir, "migrations"), { recursive: true });
	const dump = () => execFileSync(path.join(pg.bin, "pg_dump"), ["--no-privileges", "--exclude-schema", "ward", pg.url("existing")], { encoding: "utf8" })
		.replaceAll(/^\\(un)?restrict.*$/gm, "");
	const before = dump();
	await serve(dir, pg.url("existing"), async (app) => {
		assert.equal((await app.call("POST", "/count", { word: "x" })).body, 0);
		assert.equal((await app.call("POST", "/count", { word: "y" })).status, 200);
	});
	assert.equal(dump(), before);
});

// Whether the bytes stand anywhere in the memory of a process.
const holds = (pid, needle) => {
	const fd = openSync(`/proc/${pid}/mem`, "r");
	const room = Buffer.alloc(1 << 20);
	try {
		for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
			const [, from, to, name] = /^([0-9a-f]+)-([0-9a-f]+) rw\S+ \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
			// What a guest's engine reserves and never wrote is gigabytes of nothing.
			for (let at = from ? BigInt(`0x${from}`) : 0n, end = from ? BigInt(`0x${to}`) : 0n; at < end && end - at < 1n << 32n; at += BigInt(room.length - 64)) {
				let n = 0;
				try {
					n = readSync(fd, room, 0, Number(end - at < BigInt(room.length) ? end - at : BigInt(room.length)), at);
				} catch {
					break;
				}
				if (room.subarray(0, n).includes(needle)) return name || "anonymous memory";
				if (n < room.length) break;
			}
		}
		return null;
	} finally {
		closeSync(fd);
	}
};

test("the owner's password is in no process that serves", { skip: process.getuid() !== 0 ? "needs root to read their memory" : false }, async () => {
	const dir = copyApp("tests/scenario/apps/ledger");
	const marker = "pw-" + randomBytes(20).toString("hex");
	pg.sql("postgres", `CREATE ROLE deployer LOGIN CREATEROLE CREATEDB PASSWORD '${marker}'`);
	pg.sql("postgres", "CREATE DATABASE owned OWNER deployer");
	await serve(dir, pg.url("owned", { user: "deployer", password: marker }), async (app) => {
		assert.equal((await app.call("POST", "/add", { word: "x" })).status, 200);
		assert.equal(holds(process.pid, Buffer.from(marker)) !== null, true, "it is found where it is");
		for (const { name, pid } of await app.processes()) assert.equal(holds(pid, Buffer.from(marker)), null, name);
	});
});

test("a socket of this machine is as good as an address", async () => {
	const dir = copyApp("tests/scenario/apps/ledger");
	pg.create("by_socket");
	await serve(dir, pg.socketUrl("by_socket"), async (app) => assert.equal((await app.call("POST", "/count", { word: "x" })).body, 0));
});

test("TLS is verified: the certificate's signer and the server's name", async () => {
	const dir = copyApp("tests/scenario/apps/ledger");
	pg.create("by_tls");
	const url = (host, roots) => `postgres://owner:${PASSWORD}@${host}:${pg.port}/by_tls?sslmode=verify-full&sslrootcert=${roots}`;
	await serve(dir, url("localhost", pg.roots), async (app) => {
		assert.equal((await app.call("POST", "/count", { word: "x" })).body, 0);
		assert.equal(pg.sql("by_tls", "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename LIKE 'ward\\_%'"), "t");
	});
	const byAddress = await built(dir, url("127.0.0.1", pg.roots));
	assert.notEqual(byAddress.code, 0);
	assert.match(byAddress.stderr, /does not match host name/);
	const stranger = await built(dir, url("localhost", "/etc/ssl/certs/ca-certificates.crt"));
	assert.notEqual(stranger.code, 0);
	assert.match(stranger.stderr, /certificate verify failed|does not exist/);
	assert.ok(!stranger.stderr.includes(PASSWORD));
});

test("a server on another machine must prove who it is, unless the author says otherwise", async () => {
	const dir = copyApp("tests/scenario/apps/ledger");
	for (const mode of ["disable", "allow", "prefer", "require", "verify-ca"]) {
		const { code, stderr } = await built(dir, `postgres://owner:${PASSWORD}@db.example.invalid/shop?sslmode=${mode}`);
		assert.notEqual(code, 0);
		assert.match(stderr, new RegExp(`on another machine and its URL says sslmode=${mode}`));
		assert.ok(!stderr.includes(PASSWORD));
	}
	const yaml = path.join(dir, "ward.yaml");
	writeFileSync(yaml, readFileSync(yaml, "utf8").replace("url: {secret: DATABASE_URL}", "url: {secret: DATABASE_URL}, unverified: true"));
	const { stderr } = await built(dir, `postgres://owner:${PASSWORD}@db.example.invalid/shop?sslmode=disable`);
	assert.match(stderr, /could not translate host name|cannot connect/);
	for (const wrong of ["postgres://a@h1,h2/x", "mysql://a@h/x", "postgres://h:99999999/x", "nonsense"]) assert.notEqual((await built(dir, wrong)).code, 0);
});

test("ward dev takes up a migration and a query that may touch more, with a role of its own", async () => {
	const dir = copyApp("tests/scenario/apps/ledger");
	const app = await Served.start(dir, { command: "dev", state: await newState(dir, pg.create("growing")) });
	try {
		assert.equal((await app.call("POST", "/add", { word: "a" })).status, 200);
		const queries = path.join(dir, "queries/ledger.sql");
		writeFileSync(path.join(dir, "migrations/0002_mood.sql"), "ALTER TABLE entries ADD COLUMN mood text;\n");
		writeFileSync(queries, readFileSync(queries, "utf8").replace("INSERT INTO entries (word) VALUES (:word)", "INSERT INTO entries (word, mood) VALUES (:word, 'good')"));
		await app.logged("rebuilt", () => true, 60000);
		await until("the new query", 10000, async () => {
			assert.equal((await app.call("POST", "/add", { word: "b" })).status, 200);
			return pg.sql("growing", "SELECT count(*) FROM entries WHERE mood = 'good'") !== "0";
		});
	} finally {
		await app.stop();
	}
});

test("ward db: status, migrate, shell, backup and restore", async () => {
	const dir = postgresShop();
	const state = await newState(dir, pg.create("tended"));
	const db = (verb, ...args) => run(["db", verb, dir, ...args, "--state", state]);
	const says = async (pattern, ...args) => {
		const { code, stdout, stderr } = await db(...args);
		assert.equal(code, 0, stderr);
		assert.match(stdout, pattern);
	};
	const refuses = async (pattern, ...args) => {
		const { code, stdout, stderr } = await db(...args);
		assert.notEqual(code, 0, stdout);
		assert.match(stderr, pattern);
		assert.ok(!stderr.includes(PASSWORD));
	};
	await says(/0001_init\.sql +waiting[^]*database tended on PostgreSQL 1\d/, "status");
	assert.equal(pg.sql("tended", "SELECT count(*) FROM pg_namespace WHERE nspname = 'ward'"), "0", "a look changes nothing");
	await says(/apply migrations\/0001_init\.sql\n +CREATE TABLE products/, "migrate", "--dry-run");
	assert.equal(pg.sql("tended", "SELECT to_regclass('products') IS NULL"), "t");
	await says(/2 migrations applied/, "migrate");
	await says(/0002_products\.sql +applied[^]*products +about \d+ rows/, "status");
	await says(/Stoneware mug/, "shell", "SELECT name FROM products ORDER BY 1");
	await refuses(/read-only transaction/, "shell", "UPDATE products SET stock = 0");
	await says(/UPDATE 8/, "shell", "--write", "UPDATE products SET stock = stock");
	const copy = path.join(state, "copy.dump");
	await says(/whole copy/, "backup", copy);
	await refuses(/there already/, "backup", copy);
	await says(/DELETE 8/, "shell", "--write", "DELETE FROM products");
	await says(/restored/, "restore", copy);
	assert.equal(pg.sql("tended", "SELECT count(*) FROM products"), "8");
	await refuses(/durability is of the file/, "durability", "power");
	const app = await Served.start(dir, { state });
	assert.equal((await app.call("GET", "/products")).body.length, 8);
	await refuses(/stop it first/, "restore", copy);
	await app.stop();
	assert.ok(!existsSync(path.join(state, "app.db")));
	const { code } = await run(["db", "status", dir, "--url", pg.url("tended")]);
	assert.equal(code, 0);
});
