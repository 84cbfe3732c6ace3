// What benches share: servers started and stopped by process id, wrk, medians, rows of results.
import { spawn, execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
export const ward = path.join(root, "build", "ward");

export const freePort = () =>
	new Promise((resolve, reject) => {
		const server = net.createServer();
		server.on("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const waitForPort = async (port, ms = 30000) => {
	const end = Date.now() + ms;
	while (Date.now() < end) {
		const open = await new Promise((resolve) => {
			const socket = net.connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
			socket.on("error", () => resolve(false));
		});
		if (open) return;
		await sleep(50);
	}
	throw new Error(`nothing listens on port ${port}`);
};

// A server in a process group of its own, so that its children end with it.
export const start = async (command, args, port, options = {}) => {
	const child = spawn(command, args, { stdio: ["ignore", "ignore", process.env.WARD_BENCH_VERBOSE ? "inherit" : "ignore"], detached: true, ...options });
	child.on("error", (e) => console.error(`${command}: ${e.message}`));
	await waitForPort(port);
	return {
		pid: child.pid,
		stop: () =>
			new Promise((resolve) => {
				child.on("exit", resolve);
				try {
					process.kill(-child.pid, "SIGTERM");
				} catch {
					resolve();
				}
				setTimeout(() => {
					try {
						process.kill(-child.pid, "SIGKILL");
					} catch {}
					resolve();
				}, 4000).unref();
			}),
	};
};

export const startWard = async (app, port, extra = []) => {
	const state = mkdtempSync(path.join(os.tmpdir(), "ward-bench-"));
	const server = await start(ward, ["serve", path.resolve(root, app), "--listen", `127.0.0.1:${port}`, "--state", state, ...extra], port);
	return {
		...server,
		state,
		stop: async () => {
			await server.stop();
			rmSync(state, { recursive: true, force: true });
		},
	};
};

export const wrk = (port, { script, connections, seconds, threads = 1, pathname = "/" }) => {
	const out = execFileSync("wrk", ["-t", String(threads), "-c", String(connections), "-d", `${seconds}s`, "-s", script,
		`http://127.0.0.1:${port}${pathname}`], { encoding: "utf8" });
	const line = out.split("\n").find((l) => l.startsWith("WARD "));
	const figures = JSON.parse(line.slice(5));
	if (figures.errors > 0) throw new Error(`${figures.errors} failed requests on port ${port}:\n${out}`);
	return figures;
};

export const median = (values) => {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// A connection that asks and tells how long the whole answer took. Bare, so that what is timed is the server.
export const connected = (port) =>
	new Promise((resolve, reject) => {
		const socket = net.connect(port, "127.0.0.1");
		socket.setNoDelay(true);
		socket.on("error", reject);
		socket.on("connect", () =>
			resolve((request) =>
				new Promise((answered) => {
					let text = "";
					const began = process.hrtime.bigint();
					const take = (d) => {
						text += d.toString("latin1");
						const at = text.indexOf("\r\n\r\n");
						const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
						if (at < 0 || text.length < at + 4 + length) return;
						socket.off("data", take);
						answered({ ms: Number(process.hrtime.bigint() - began) / 1e6, text });
					};
					socket.on("data", take);
					socket.write(request);
				})));
	});

// One row of results.json; bench/run names the file.
export const row = (name, unit, ours, peer, peerName) => {
	const entry = { name, unit, ours, peer, peer_name: peerName, ratio: peer ? ours / peer : null };
	if (process.env.WARD_BENCH_OUT) appendFileSync(process.env.WARD_BENCH_OUT, JSON.stringify(entry) + "\n");
	else console.log(JSON.stringify(entry));
};
