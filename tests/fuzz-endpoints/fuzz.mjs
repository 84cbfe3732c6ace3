#!/usr/bin/env node
// Fuzzes every endpoint of a running app, driven by its own OpenAPI document.
//
//	fuzz.mjs --base http://127.0.0.1:8080 [--seed N] [--rounds N] [--sign-up]
//
// Each round sends, for every operation, valid inputs (which must not be refused as invalid), every member broken in every way
// (which must be refused with a 4xx) and broken bytes. No answer may be a 5xx other than overload or one that is declared,
// take longer than 10 s, or be outside its declared type. Exit 0 when all held, 1 with the faults, 2 on misuse.
import http from "node:http";
import { parseArgs } from "node:util";
import { Judge } from "./judge.mjs";
import { Random } from "./random.mjs";
import { Requests } from "./requests.mjs";
import { Values } from "./values.mjs";

const WAIT_MS = 10000;
const FAULTS_MAX = 40;

const { values: options } = parseArgs({
	options: { base: { type: "string" }, seed: { type: "string", default: "1" }, rounds: { type: "string", default: "3" }, "sign-up": { type: "boolean", default: false } },
});
if (!options.base) {
	process.stderr.write("usage: fuzz.mjs --base URL [--seed N] [--rounds N] [--sign-up]\n");
	process.exit(2);
}
const base = new URL(options.base);
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const headers = {};
const counts = { sent: 0, byStatus: {} };
const faults = [];

/** One request; never throws: what went wrong is in `failed`. */
function send({ method, path, body, type }, extra = headers) {
	return new Promise((resolve) => {
		const began = Date.now();
		const fail = (failed) => resolve({ failed: `${failed} after ${Date.now() - began} ms` });
		const request = http.request({ host: base.hostname, port: base.port, method, path, agent, headers: { ...extra, ...(body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) }) } }, (response) => {
			const chunks = [];
			response.on("data", (chunk) => chunks.push(chunk));
			response.on("error", (e) => fail(`the answer broke off (${e.code})`));
			response.on("end", () => resolve({ status: response.statusCode, type: response.headers["content-type"], headers: response.headers, text: Buffer.concat(chunks).toString() }));
		});
		request.setTimeout(WAIT_MS, () => request.destroy(Object.assign(new Error("late"), { code: "LATE" })));
		request.on("error", (e) => fail(e.code === "LATE" ? "no answer" : `the connection broke (${e.code})`));
		request.end(body);
	});
}

/** Too many at once is no fault: the answer says when to come back. */
async function sendPatiently(request) {
	for (let tries = 0; ; tries++) {
		let answer = await send(request);
		// A server may close a connection after a refused body: once more on a new one.
		if (answer.failed?.includes("ECONNRESET") || answer.failed?.includes("EPIPE")) answer = await send(request);
		counts.sent++;
		counts.byStatus[answer.status ?? "none"] = (counts.byStatus[answer.status ?? "none"] ?? 0) + 1;
		const busy = answer.status === 429 || (answer.status === 503 && answer.headers["retry-after"]);
		if (!busy || tries >= 3) return answer;
		await new Promise((done) => setTimeout(done, Math.min(2, Number(answer.headers["retry-after"] ?? 1)) * 1000));
	}
}

function report(request, answer, what) {
	const body = request.body === undefined ? "" : ` ${String(request.body).slice(0, 300)}`;
	faults.push(`${request.method} ${request.path.slice(0, 200)} (${request.kind}, ${request.why})${body}\n    ${what}`);
	if (faults.length >= FAULTS_MAX) finish();
}

async function check(operation, judge, values, request) {
	const answer = await sendPatiently(request);
	if (answer.status === 200 && answer.type === "application/json") values.learn(JSON.parse(answer.text));
	const fault = judge.fault(operation, answer);
	if (fault) return report(request, answer, fault);
	if (request.kind === "valid" && answer.status === 400) return report(request, answer, `a valid input was refused: ${answer.text.slice(0, 300)}`);
	const refused = answer.status >= 400 && answer.status < 500;
	// A limit on the rate may answer before the input is looked at; so may the missing right to call.
	if ((request.kind === "broken" || request.kind === "bytes") && !refused) report(request, answer, `a broken input got status ${answer.status}: ${answer.text.slice(0, 200)}`);
}

async function signUp() {
	const email = `fuzz-${process.pid}-${Date.now()}@example.org`;
	const body = JSON.stringify({ email, password: "correct horse battery staple" });
	const answer = await send({ method: "POST", path: "/_ward/auth/sign-up", body, type: "application/json" }, {});
	const cookie = answer.headers?.["set-cookie"]?.[0]?.split(";")[0];
	if (!cookie) throw new Error(`cannot sign up: ${answer.status} ${answer.text}`);
	headers.cookie = cookie;
}

async function main() {
	const document = JSON.parse((await send({ method: "GET", path: "/_ward/openapi.json" })).text);
	const judge = new Judge(document);
	const random = new Random(Number(options.seed));
	const values = new Values(random, (ref) => document.components.schemas[ref.slice("#/components/schemas/".length)], (schema, value) => judge.accepts(schema, value));
	if (options["sign-up"]) await signUp();
	for (let round = 0; round < Number(options.rounds); round++)
		for (const [path, methods] of Object.entries(document.paths))
			for (const [method, operation] of Object.entries(methods)) {
				const requests = new Requests(method, path, operation, values, judge);
				for (let i = 0; i < 40; i++) await check(operation, judge, values, requests.valid());
				for (const request of requests.broken()) await check(operation, judge, values, request);
				if (round === 0) for (const request of requests.bytes()) await check(operation, judge, values, request);
			}
	finish();
}

function finish() {
	for (const fault of faults) process.stdout.write(`${fault}\n`);
	process.stdout.write(`seed ${options.seed}: ${counts.sent} requests, ${JSON.stringify(counts.byStatus)}, ${faults.length} faults\n`);
	process.exit(faults.length > 0 ? 1 : 0);
}

await main();
