// typed-post-rps, typed-post-c1-p50, first-request: the same small typed POST on ward (a fresh sandbox each) and on the
// peers, each in its best set-up on the same cores, all started at once and measured in turn, medians over the rounds: many
// short ones, since on a shared machine a disturbance lasts seconds.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { connected, freePort, median, root, row, sleep, start, startWard, ward, wrk } from "../lib.mjs";

const rounds = Number(process.env.WARD_BENCH_ROUNDS ?? 9), seconds = Number(process.env.WARD_BENCH_SECONDS ?? 2);
const here = path.join(root, "bench", "http"), modules = path.join(root, "bench", "node_modules");
const cores = String(os.availableParallelism());
const peers = {
	fastify: (port) => start("node", [path.join(here, "peers", "fastify.mjs"), String(port), cores], port),
	node: (port) => start("node", [path.join(here, "peers", "node.mjs"), String(port)], port),
	deno: (port) =>
		start(path.join(modules, "@deno", "linux-x64-glibc", "deno"),
			["serve", "--no-config", "--parallel", "--host", "127.0.0.1", "--port", String(port), path.join(here, "peers", "deno.mjs")],
			port, { env: { ...process.env, DENO_JOBS: cores, DENO_NO_UPDATE_CHECK: "1" } }),
	workerd: (port) =>
		start(path.join(modules, "@cloudflare", "workerd-linux-64", "bin", "workerd"),
			["serve", path.join(here, "peers", "workerd.capnp"), "config", "--socket-addr", `http=127.0.0.1:${port}`], port),
};

// examples/hello with its function under many names: each is asked for the first time once.
const manyFunctions = (count) => {
	const dir = mkdtempSync(path.join(os.tmpdir(), "ward-bench-app-"));
	const source = readFileSync(path.join(root, "examples", "hello", "functions", "echo.ts"), "utf8");
	cpSync(path.join(root, "examples", "hello", "tsconfig.json"), path.join(dir, "tsconfig.json"));
	mkdirSync(path.join(dir, "functions"));
	const rows = Array.from({ length: count }, (_, i) => {
		writeFileSync(path.join(dir, "functions", `echo${i}.ts`), source.replace("function echo(", `function echo${i}(`));
		return `  echo${i}:\n    source: functions/echo${i}.ts\n    http: POST /echo${i}\n    auth: public\n`;
	});
	writeFileSync(path.join(dir, "ward.yaml"), `app: many\nfunctions:\n${rows.join("")}`);
	return dir;
};

// What the first request of each of an app's functions takes, one after the other on one connection.
const firstRequests = async (app, extra, count) => {
	const port = await freePort(), server = await startWard(app, port, extra), took = [];
	await sleep(1500);
	const ask = await connected(port);
	// The client's own first steps are not the server's: it is connected and warm before the function is asked.
	for (let k = 0; k < 50; k++) await ask("GET /_ward/health HTTP/1.1\r\nHost: a\r\n\r\n");
	const body = '{"name":"Ada","qty":3}';
	for (let i = 0; i < count; i++) {
		const { ms, text } = await ask(`POST /echo${i} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
		if (!text.includes("hello Ada")) throw new Error(`the first request got ${text}`);
		took.push(ms);
		await sleep(100);
	}
	await server.stop();
	return took;
};

const FIRSTS = 16;
const servers = {};
const firsts = {};
try {
	const app = manyFunctions(FIRSTS);
	firsts.idle = await firstRequests(app, ["--warm", String(FIRSTS)], FIRSTS);
	firsts.cold = await firstRequests(app, ["--warm", "0"], FIRSTS);
	rmSync(app, { recursive: true, force: true });
	servers.ward = { port: await freePort() };
	servers.ward.server = await startWard("examples/hello", servers.ward.port);
	for (const [name, begin] of Object.entries(peers)) {
		servers[name] = { port: await freePort() };
		servers[name].server = await begin(servers[name].port);
	}
	const names = Object.keys(servers);
	const many = Object.fromEntries(names.map((n) => [n, []])), one = Object.fromEntries(names.map((n) => [n, []]));
	for (const name of names) wrk(servers[name].port, { script: path.join(here, "post.lua"), connections: 32, seconds: 2 });
	for (let round = 0; round < rounds; round++)
		for (const name of names) {
			const busy = wrk(servers[name].port, { script: path.join(here, "post.lua"), connections: 32, seconds });
			const single = wrk(servers[name].port, { script: path.join(here, "post.lua"), connections: 1, seconds: Math.min(seconds, 1) });
			many[name].push(busy.rps);
			one[name].push(single.p50);
			console.error(`  round ${round + 1} ${name.padEnd(8)} ${Math.round(busy.rps)} requests/s, p50 ${busy.p50} us, p99 ${busy.p99} us; one connection p50 ${single.p50} us`);
		}
	for (const peer of ["fastify", "workerd", "deno"]) row("typed-post-rps", "requests/s", median(many.ward), median(many[peer]), peer);
	row("typed-post-c1-p50", "us", median(one.ward), median(one.node), "node");
	// Idle: its worker lives. Cold: it has none, and a spare has yet to be given its bundle and locked.
	row("first-request", "ms", median(firsts.idle), null, null);
	row("first-request-cold", "ms", median(firsts.cold), null, null);
	console.error(`  first requests, ms: ${JSON.stringify(firsts, (_, v) => (typeof v === "number" ? Number(v.toFixed(2)) : v))}`);
} finally {
	for (const { server } of Object.values(servers)) await server?.stop();
}
