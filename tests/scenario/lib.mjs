// What the scenarios share: an app served by the real program with its own state, requests, raw bytes, its log.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const buildDir = process.env.WARD_BUILD ?? path.join(root, "build");
export const ward = path.join(buildDir, "ward");
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const freePort = () =>
	new Promise((resolve, reject) => {
		const server = net.createServer();
		server.on("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});

// Runs the program to its end: { code, stdout, stderr }.
export const run = (args, { input, env, cwd } = {}) =>
	new Promise((resolve) => {
		const child = execFile(ward, args, { maxBuffer: 64 << 20, env: { ...process.env, ...env }, cwd }, (error, stdout, stderr) =>
			resolve({ code: error ? (typeof error.code === "number" ? error.code : 1) : 0, stdout, stderr }));
		if (input !== undefined) child.stdin.end(input);
	});

// A private copy of an app, so that scenarios build side by side and may edit it.
export const copyApp = (from) => {
	const dir = mkdtempSync(path.join(os.tmpdir(), "ward-app-"));
	cpSync(path.resolve(root, from), dir, { recursive: true, filter: (p) => !p.includes("/.ward") && !p.includes("/node_modules") });
	return dir;
};

const until = async (what, ms, check) => {
	const end = Date.now() + ms;
	for (;;) {
		const value = await check();
		if (value) return value;
		if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
		await sleep(20);
	}
};
export { until };

export class Served {
	log = "";
	out = "";

	static async start(dir, { command = "serve", port, state, args = [], env = {}, readyMs = 60000 } = {}) {
		const s = new Served();
		s.dir = dir;
		s.port = port ?? (await freePort());
		s.state = state ?? mkdtempSync(path.join(os.tmpdir(), "ward-state-"));
		s.base = `http://127.0.0.1:${s.port}`;
		s.child = spawn(ward, [command, dir, "--listen", `127.0.0.1:${s.port}`, "--state", s.state, ...args], {
			stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
		s.ended = new Promise((resolve) => s.child.on("exit", (code, signal) => resolve({ code, signal })));
		s.child.stdout.on("data", (d) => (s.out += d));
		s.child.stderr.on("data", (d) => (s.log += d));
		let over = false;
		s.ended.then(() => (over = true));
		await until("ready", readyMs, () => {
			if (over) throw new Error(`ward ended before it was ready:\n${s.log}`);
			return s.out.includes("ready http");
		});
		return s;
	}

	async stop() {
		this.child.kill("SIGTERM");
		const timer = setTimeout(() => this.child.kill("SIGKILL"), 15000);
		const end = await this.ended;
		clearTimeout(timer);
		rmSync(this.state, { recursive: true, force: true });
		return end;
	}

	// JSON in, { status, headers, body } out; body is parsed when it is JSON.
	async call(method, pathname, body, headers = {}) {
		const answer = await fetch(this.base + pathname, {
			method,
			headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
			body: body === undefined ? undefined : typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
			redirect: "manual",
		});
		const text = await answer.text();
		let value = text;
		if (/json/.test(answer.headers.get("content-type") ?? "")) value = JSON.parse(text);
		return { status: answer.status, headers: answer.headers, body: value, text };
	}

	// Bytes as they are; resolves with all that came back until the other side closed or was quiet for `quietMs`.
	raw(bytes, { quietMs = 400, end = false } = {}) {
		return new Promise((resolve, reject) => {
			let got = "";
			const socket = net.connect(this.port, "127.0.0.1", () => {
				socket.write(bytes);
				if (end) socket.end();
			});
			let timer = setTimeout(done, quietMs);
			function done() {
				socket.destroy();
				resolve(got);
			}
			socket.on("data", (d) => {
				got += d.toString("latin1");
				clearTimeout(timer);
				timer = setTimeout(done, quietMs);
			});
			socket.on("end", done);
			socket.on("error", (e) => (got ? done() : e.code === "ECONNRESET" ? done() : reject(e)));
		});
	}

	// Log entries of an event.
	entries(event) {
		return this.log.split("\n").filter((l) => l.startsWith("{")).map((l) => {
			try {
				return JSON.parse(l);
			} catch {
				return {};
			}
		}).filter((e) => e.event === event);
	}

	async logged(event, check = () => true, ms = 5000) {
		return until(`a log entry ${event}`, ms, () => this.entries(event).find(check));
	}

	async processes() {
		const { stdout } = await run(["ps", "--json", "--state", this.state]);
		return JSON.parse(stdout).processes;
	}
}

// A refused request: status, and a problem that says what and leaks nothing.
export const assertProblem = (answer, status) => {
	assert.equal(answer.status, status, answer.text);
	assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
	assert.equal(answer.body.status, status);
	assert.match(answer.body.id, /^[0-9a-f]{16}$/);
	assert.ok(answer.body.title.length > 0);
};
