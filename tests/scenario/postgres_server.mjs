// A PostgreSQL server of the test's own: made in a folder, on a port of loopback and on a socket, with scram-sha-256 only.
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test as plain } from "node:test";
import { freePort } from "./lib.mjs";

const programs = () => {
	const base = "/usr/lib/postgresql";
	const versions = existsSync(base) ? readdirSync(base).map(Number).filter((v) => v >= 14).sort((a, b) => b - a) : [];
	return versions.length ? path.join(base, String(versions[0]), "bin") : null;
};
export const missing = programs() === null ? "PostgreSQL is not installed" : false;
// A test that is skipped, and says so, where it is not.
export const test = (name, ...rest) => plain(name, { ...(rest.length > 1 ? rest[0] : {}), ...(missing ? { skip: missing } : {}) }, rest.at(-1));

const id = (what) => Number(execFileSync("id", [what, "postgres"], { encoding: "utf8" }));
export const PASSWORD = "owner-password-of-the-test";

export class Postgres {
	static async start({ tls } = {}) {
		const s = new Postgres();
		s.bin = programs();
		s.port = await freePort();
		s.dir = mkdtempSync(path.join(os.tmpdir(), "ward-pg-"));
		// PostgreSQL refuses to be root. The socket must be in reach of a process that is nobody.
		s.who = process.getuid() === 0 ? { uid: id("-u"), gid: id("-g") } : {};
		chmodSync(s.dir, 0o755);
		mkdirSync(path.join(s.dir, "socket"));
		writeFileSync(path.join(s.dir, "password"), PASSWORD + "\n");
		if (s.who.uid) for (const p of [".", "socket", "password"]) chownSync(path.join(s.dir, p), s.who.uid, s.who.gid);
		s.run("initdb", "-D", s.data, "-A", "scram-sha-256", "-U", "owner", "--pwfile", path.join(s.dir, "password"), "-E", "UTF8", "--no-locale",
			"--no-sync");
		s.tls = tls ? s.certify() : "";
		s.up();
		return s;
	}

	// A certificate for the name localhost, signed by itself: s.roots trusts it.
	certify() {
		const [cert, key] = ["server.crt", "server.key"].map((name) => path.join(this.dir, name));
		execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
			"-addext", "subjectAltName=DNS:localhost", "-out", cert, "-keyout", key], { stdio: "ignore" });
		chmodSync(key, 0o600);
		if (this.who.uid) for (const file of [cert, key]) chownSync(file, this.who.uid, this.who.gid);
		this.roots = cert;
		return `-c ssl=on -c ssl_cert_file=${cert} -c ssl_key_file=${key}`;
	}

	get data() {
		return path.join(this.dir, "data");
	}
	get socketDir() {
		return path.join(this.dir, "socket");
	}

	run(program, ...args) {
		return execFileSync(path.join(this.bin, program), args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], cwd: "/", ...this.who });
	}
	up() {
		execFileSync(path.join(this.bin, "pg_ctl"), ["-D", this.data, "-w", "-s", "-l", path.join(this.dir, "log"), "-o",
			`-k ${this.socketDir} -c listen_addresses=127.0.0.1 -p ${this.port} -c fsync=off -c max_connections=100 -c shared_buffers=32MB ${this.tls}`,
			"start"], { stdio: "ignore", cwd: "/", ...this.who });
	}
	down(mode = "fast") {
		this.run("pg_ctl", "-D", this.data, "-s", "-w", "-m", mode, "stop");
	}
	stop() {
		try {
			this.down("immediate");
		} catch {
			// It is down already.
		}
		rmSync(this.dir, { recursive: true, force: true });
	}

	url(database, { user = "owner", password = PASSWORD, options = "" } = {}) {
		return `postgres://${user}:${password}@127.0.0.1:${this.port}/${database}${options}`;
	}
	socketUrl(database) {
		return `postgres://owner:${PASSWORD}@/${database}?host=${this.socketDir}&port=${this.port}`;
	}

	// As anyone: rows as text, cells between "|"; throws with what the server said.
	sql(database, text, as) {
		try {
			return execFileSync(path.join(this.bin, "psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", this.url(database, as), "-c", text],
				{ encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
		} catch (e) {
			throw new Error(e.stderr);
		}
	}
	create(database) {
		this.sql("postgres", `CREATE DATABASE ${database}`);
		return this.url(database);
	}
}
