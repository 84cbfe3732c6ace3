// Server-side request forgery on the running program: a function fetches whatever it is told to. A resolver of the test's own
// answers with every kind of address that is not public, changes its mind, or gives both kinds at once; URLs play tricks; a
// public host redirects inside. Nothing inside is ever connected to, the author reads why, the caller learns nothing.
//
// It runs in a network and mount namespace of its own, in which the loopback device also has public addresses, /etc/resolv.conf
// names the test's resolver and the certificate store holds the test's authority. That takes root: skipped without it.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import dgram from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Served, copyApp, run, until, ward } from "./lib.mjs";

const PUBLIC = "93.184.215.14", PUBLIC6 = "2606:2800:21f::14";

if (!process.env.WARD_OWN_NETWORK) {
	test("in a network of its own", (t) => {
		if (process.getuid() !== 0 || spawnSync("unshare", ["-mn", "true"]).status !== 0) return t.skip("needs root for namespaces of its own");
		const dir = mkdtempSync(path.join(os.tmpdir(), "ward-ssrf-"));
		const at = (name) => path.join(dir, name);
		writeFileSync(at("resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
		writeFileSync(at("nsswitch.conf"), "hosts: files dns\n");
		writeFileSync(at("hosts"), "127.0.0.1 localhost\n");
		execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test",
			"-addext", `subjectAltName=${Object.keys(zone).map((host) => `DNS:${host}`).join()}`, "-keyout", at("key.pem"), "-out", at("cert.pem")], { stdio: "ignore" });
		const script = `ip link set lo up; ip addr add ${PUBLIC}/32 dev lo; ip addr add ${PUBLIC6}/128 dev lo
			for f in resolv.conf nsswitch.conf hosts; do mount --bind ${dir}/$f /etc/$f; done
			mount --bind ${dir}/cert.pem /etc/ssl/certs/ca-certificates.crt
			exec "${process.execPath}" "${import.meta.filename ?? new URL(import.meta.url).pathname}"`;
		const end = spawnSync("unshare", ["-mn", "sh", "-euc", script], {
			env: { ...process.env, WARD_OWN_NETWORK: dir, NODE_TEST_CONTEXT: "" }, encoding: "utf8", timeout: 150000 });
		rmSync(dir, { recursive: true, force: true });
		console.log(end.stdout);
		assert.equal(end.status, 0, end.stderr + end.stdout);
	});
}

// What the resolver says to each question for a name, in turn; the last answer stays.
const zone = {
	"public.test": [{ A: [PUBLIC] }],
	"public6.test": [{ AAAA: [PUBLIC6] }],
	"redirect.test": [{ A: [PUBLIC] }],
	"loopback.test": [{ A: ["127.0.0.1"] }],
	"loopback2.test": [{ A: ["127.8.8.8"] }],
	"ten.test": [{ A: ["10.0.0.1"] }],
	"home.test": [{ A: ["192.168.1.1"] }],
	"docker.test": [{ A: ["172.17.0.1"] }],
	"shared.test": [{ A: ["100.64.0.1"] }],
	"zero.test": [{ A: ["0.0.0.0"] }],
	"metadata.test": [{ A: ["169.254.169.254"] }],
	"container.test": [{ A: ["169.254.170.2"] }],
	"azure.test": [{ A: ["168.63.129.16"] }],
	"alibaba.test": [{ A: ["100.100.100.200"] }],
	"oracle.test": [{ A: ["192.0.0.192"] }],
	"broadcast.test": [{ A: ["255.255.255.255"] }],
	"multicast.test": [{ A: ["224.0.0.1"] }],
	"loopback6.test": [{ AAAA: ["::1"] }],
	"unspecified6.test": [{ AAAA: ["::"] }],
	"mapped.test": [{ AAAA: ["::ffff:127.0.0.1"] }],
	"mapped-metadata.test": [{ AAAA: ["::ffff:169.254.169.254"] }],
	"compatible.test": [{ AAAA: ["::127.0.0.1"] }],
	"nat64.test": [{ AAAA: ["64:ff9b::7f00:1"] }],
	"nat64-metadata.test": [{ AAAA: ["64:ff9b::a9fe:a9fe"] }],
	"sixtofour.test": [{ AAAA: ["2002:7f00:1::1"] }],
	"teredo.test": [{ AAAA: ["2001:0:4136:e378:8000:63bf:80ff:fffe"] }],
	"unique-local.test": [{ AAAA: ["fd12:3456::1"] }],
	"amazon6.test": [{ AAAA: ["fd00:ec2::254"] }],
	"google6.test": [{ AAAA: ["fd20:ce::254"] }],
	"link6.test": [{ AAAA: ["fe80::1"] }],
	"alias.test": [{ CNAME: "loopback.test", A: ["127.0.0.1"] }],
	"both.test": [{ A: [PUBLIC, "127.0.0.1"] }],
	"families.test": [{ A: ["127.0.0.1"], AAAA: ["::1"] }],
	"rebind.test": [{ A: [PUBLIC] }, { A: ["127.0.0.1"] }],
	"names-metadata.test": [{ A: ["169.254.169.254"] }],
};
const GOOD = ["public.test", "public6.test", "redirect.test", "rebind.test"];
// Resolves to a closed port of a public address first: what comes next must not be tried.
const LEADS_INSIDE = Object.keys(zone).filter((name) => !GOOD.includes(name) && name !== "both.test");

function resolver() {
	const asked = {};
	const encode = (name) => Buffer.concat([...name.split(".").map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])), Buffer.from([0])]);
	const v6 = (text) => {
		const b = Buffer.alloc(16);
		let t = text;
		const quad = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(t);
		if (quad) t = t.slice(0, quad.index) + ((quad[1] << 8) | +quad[2]).toString(16) + ":" + ((quad[3] << 8) | +quad[4]).toString(16);
		const [left, right] = t.split("::");
		const head = left ? left.split(":") : [], tail = right === undefined ? [] : right ? right.split(":") : [];
		head.forEach((w, i) => b.writeUInt16BE(parseInt(w, 16), 2 * i));
		tail.forEach((w, i) => b.writeUInt16BE(parseInt(w, 16), 16 - 2 * (tail.length - i)));
		return b;
	};
	const socket = dgram.createSocket("udp4");
	socket.on("message", (query, from) => {
		let at = 12;
		const labels = [];
		while (query[at]) {
			labels.push(query.subarray(at + 1, at + 1 + query[at]).toString("latin1"));
			at += query[at] + 1;
		}
		const name = labels.join(".").toLowerCase(), type = query.readUInt16BE(at + 1);
		const question = query.subarray(12, at + 5);
		asked[name] ??= { A: 0, AAAA: 0 };
		const kind = type === 1 ? "A" : type === 28 ? "AAAA" : null;
		const turns = zone[name];
		const turn = turns && kind ? turns[Math.min(asked[name].A, turns.length - 1)] : null;
		if (kind === "A") asked[name].A++;
		const record = (owner, t, data) => {
			const head = Buffer.alloc(10);
			head.writeUInt16BE(t, 0);
			head.writeUInt16BE(1, 2);
			head.writeUInt16BE(data.length, 8); /* TTL 0: nothing is to be kept */
			return Buffer.concat([encode(owner), head, data]);
		};
		const answers = [];
		if (turn?.CNAME) answers.push(record(name, 5, encode(turn.CNAME)));
		for (const a of (kind && turn?.[kind]) || []) answers.push(record(turn.CNAME ?? name, type, kind === "A" ? Buffer.from(a.split(".").map(Number)) : v6(a)));
		const head = Buffer.alloc(12);
		query.copy(head, 0, 0, 2);
		head.writeUInt16BE(turns ? 0x8180 : 0x8183, 2);
		head.writeUInt16BE(1, 4);
		head.writeUInt16BE(answers.length, 6);
		socket.send(Buffer.concat([head, question, ...answers]), from.port, from.address);
	});
	return new Promise((resolve) => socket.bind(53, "127.0.0.1", () => resolve({ asked, close: () => socket.close() })));
}

function inside(dir) {
	const PORT = 443;
	let app, dns, publics = [], traps = [], seen = [], trapped = [];

	before(async () => {
		dns = await resolver();
		const tls = { key: readFileSync(path.join(dir, "key.pem")), cert: readFileSync(path.join(dir, "cert.pem")) };
		const listen = (server, port, host) => new Promise((resolve, reject) => server.on("error", reject).listen(port, host, () => resolve(server)));
		const answer = (request, response) => {
			seen.push(`${request.headers.host}${request.url}`);
			const to = { "/loop": "https://127.0.0.1/", "/meta": "http://169.254.169.254/latest/meta-data/", "/other": "https://loopback.test/",
				"/same": "/landed", "/scheme": "file:///etc/passwd", "/private": "https://loopback.test:8443/" }[request.url];
			response.writeHead(to ? 302 : 200, to ? { location: to } : {}).end(to ? "go there" : "public");
		};
		for (const host of [PUBLIC, PUBLIC6]) publics.push(await listen(https.createServer(tls, answer), PORT, host));
		/* Whoever gets through to the inside ends up here: on loopback, at every port that a test asks for. */
		const trap = (request, response) => {
			trapped.push(`${request.socket.localAddress}:${request.socket.localPort} ${request.headers.host}${request.url}`);
			response.end("INSIDE");
		};
		for (const host of ["127.0.0.1", "127.8.8.8", "::1"]) {
			const secure = https.createServer(tls, trap);
			secure.on("connection", (s) => trapped.push(`connection to ${s.localAddress}:${s.localPort}`));
			traps.push(await listen(secure, PORT, host));
			const plain = http.createServer(trap);
			plain.on("connection", (s) => trapped.push(`connection to ${s.localAddress}:${s.localPort}`));
			traps.push(await listen(plain, 80, host));
		}
		const home = copyApp("tests/scenario/apps/ssrf");
		const yaml = path.join(home, "ward.yaml");
		writeFileSync(yaml, readFileSync(yaml, "utf8")
			.replace("HOSTS", Object.keys(zone).map((host) => `- host: ${host}`).join("\n      ")
				+ "\n      - {host: both.test, port: 444}")
			.replace("INSIDE", ["ten.test", "loopback.test", "metadata.test", "azure.test", "amazon6.test", "link6.test", "zero.test", "mapped-metadata.test"]
				.map((host) => `- {host: ${host}, private: true}`).join("\n      ")));
		app = await Served.start(home);
	});
	after(async () => {
		for (const server of [...publics, ...traps]) server.close(), server.closeAllConnections();
		dns.close();
		await app.stop();
	});
	const visit = async (url, headers) => (await app.call("POST", "/visit", headers ? { url, headers } : { url })).body;
	const nothingInside = () => assert.deepEqual(trapped, []);

	test("the way is open: public hosts are reached, by name, over both families", async () => {
		for (const host of ["public.test", "public6.test"]) assert.deepEqual(await visit(`https://${host}/`), { status: 200, text: "public", code: "", message: "" });
		assert.ok(seen.includes("public.test/"));
		nothingInside();
	});

	test(`every name that leads inside is refused: ${LEADS_INSIDE.length} kinds of addresses`, async () => {
		for (const host of LEADS_INSIDE) {
			const answer = await visit(`https://${host}/`);
			assert.equal(answer.code, "denied", `${host}: ${JSON.stringify(answer)}`);
			assert.equal(answer.message, "the host leads to an address that it may not have", host);
			assert.ok(dns.asked[host].A > 0, `${host} was not asked for`);
			const entry = await app.logged("denied", (e) => e.what.startsWith(`host ${host} leads to`));
			assert.match(entry.what, /^host \S+ leads to [0-9a-f.:]+, which is .+ \(request [0-9a-f]{16}\)$/);
			assert.equal(entry.function, "visit");
		}
		nothingInside();
	});

	test("a name with a public address that does not answer and a private one does not get the private one", async () => {
		const answer = await visit("https://both.test:444/");
		assert.equal(answer.status, 0);
		assert.equal(answer.code, "denied");
		nothingInside();
	});

	test("a resolver that changes its mind between two requests gains nothing", async () => {
		assert.equal((await visit("https://rebind.test/")).status, 200);
		/* What egress remembers of the name ends with the process. */
		const old = (await app.processes()).find((p) => p.name === "egress");
		process.kill(old.pid, "SIGKILL");
		await until("a new egress", 5000, async () => (await app.processes()).some((p) => p.name === "egress" && p.pid !== old.pid && p.state === "ready"));
		const answer = await visit("https://rebind.test/");
		assert.equal(answer.code, "denied", JSON.stringify(answer));
		assert.ok(dns.asked["rebind.test"].A >= 2);
		await app.logged("denied", (e) => e.what.startsWith("host rebind.test leads to 127.0.0.1, which is this machine itself; `private: true`"));
		nothingInside();
	});

	test("redirects are answers like any other: nobody follows them", async () => {
		for (const where of ["/loop", "/meta", "/other", "/private", "/scheme", "/same"]) {
			const answer = await visit(`https://redirect.test${where}`);
			assert.deepEqual([answer.status, answer.text], [302, "go there"], where);
		}
		assert.ok(!seen.some((s) => s.includes("/landed")));
		nothingInside();
	});

	test("what is written into a URL leads to no other host than the contract's", async () => {
		const tricks = [
			"http://127.0.0.1/", "https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/",
			"https://017700000001/", "https://127.1/", "https://127.0.1/", "https://0/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
			"https://[0:0:0:0:0:ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://localhost/", "https://LOCALHOST/", "https://a.localhost/",
			"https://x.internal/", "http://metadata.google.internal/", "http://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/",
			"https://2852039166/", "https://0xa9fea9fe/", "https://0251.0376.0251.0376/",
			"https://public.test@127.0.0.1/", "https://public.test:443@127.0.0.1/", "https://user:pass@public.test/", "https://127.0.0.1@public.test/",
			"https://public.test%40127.0.0.1/", "https://public.test%00.evil.test/", "https://public.test\u0000.evil.test/", "https://public.test./",
			"https://public.test../", "https://.public.test/", "https://public.test.evil.test/", "https://xpublic.test/", "https://public.test:22/",
			"https://public.test:443:80/", "https://public.test:0443/", "https://public.test:+443/", "https://public.test:/", "https://public.test:65979/",
			"https://public.test\\@127.0.0.1/", "https://public.test?@127.0.0.1/", "https:///127.0.0.1/",
			"https:/127.0.0.1/", "https:127.0.0.1", "//127.0.0.1/", "http://public.test\t.evil/", "http://public.test\r\nHost: x/", " https://127.0.0.1/",
			"https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://public。test/", "https://ｐublic.test/", "https://xn--pblic-3ya.test/",
			"https://public.test\u200b/", "https://loopback\u00ad.test/",
			"file:///etc/passwd", "gopher://127.0.0.1:80/_GET", "dict://127.0.0.1:80/", "ftp://127.0.0.1/", "unix:///run/docker.sock", "data:text/plain,x",
			"javascript:1", "HTTPS://127.0.0.1/", "https://*.test/", "https://[public.test]/", "https://[::1%25lo]/", "https://public.test,127.0.0.1/",
		];
		for (const url of tricks) {
			const answer = await visit(url);
			assert.equal(answer.status, 0, `${JSON.stringify(url)}: ${JSON.stringify(answer)}`);
			assert.ok(["denied", "invalid", "none"].includes(answer.code), `${JSON.stringify(url)}: ${answer.code}`);
			assert.match(answer.message, /is not in its contract$|is no absolute URL|takes method, a plain path/);
		}
		/* What stands behind '#' is no part of the host to anyone. */
		assert.equal((await visit("https://public.test#@127.0.0.1/")).text, "public");
		nothingInside();
	});

	test("nor do paths and headers", async () => {
		for (const url of ["https://public.test/../", "https://public.test/%2e%2e/", "https://public.test//127.0.0.1/", "https://public.test/a\\b", "https://public.test/\u0001",
			"https://public.test/ü", "https://public.test/a b"])
			assert.equal((await visit(url)).status, 0, url);
		for (const headers of [{ Host: "127.0.0.1" }, { "X-A": "1\r\nHost: 127.0.0.1" }, { "X-A\r\nHost": "127.0.0.1" }, { "Proxy-Authorization": "x" }, { Forwarded: "for=1" }, { "Transfer-Encoding": "chunked" }])
			assert.equal((await visit("https://public.test/", headers)).code, "invalid", JSON.stringify(headers));
		assert.ok(seen.every((s) => !s.startsWith("127.0.0.1")));
		nothingInside();
	});

	test("a caller of a function that catches nothing learns nothing", async () => {
		const answer = await app.call("POST", "/careless", {});
		assert.equal(answer.status, 500);
		assert.deepEqual(Object.keys(answer.body).sort(), ["id", "status", "title", "type"]);
		assert.ok(!/127|loopback|denied|address/.test(answer.text), answer.text);
		nothingInside();
	});

	test("a function that may go inside does not reach what a cloud tells its machines", async () => {
		const go = async (host) => (await app.call("POST", "/inside", { url: `https://${host}/` })).body;
		assert.deepEqual(await go("loopback.test"), { status: 200, text: "INSIDE", code: "", message: "" });
		trapped.length = 0;
		for (const host of ["metadata.test", "azure.test", "amazon6.test", "link6.test", "zero.test", "mapped-metadata.test"])
			assert.equal((await go(host)).code, "denied", host);
		nothingInside();
	});

	test("ward.yaml takes no host that is another's address in disguise", async () => {
		const refused = ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "a.localhost", "x.internal", "metadata.google.internal",
			"printer.local", "127.0.0.1", "10.0.0.1", "169.254.169.254", '"::1"', '"fd00:ec2::254"', '"fe80::1"', "api.example.com.", "Api.Example.com", "bücher.example",
			'"*.example.com"', "user@example.com", "example.com/path", "example.com:443", "-a.example.com", "a..example.com"];
		for (const host of refused) {
			const home = copyApp("tests/scenario/apps/ssrf");
			const yaml = path.join(home, "ward.yaml");
			writeFileSync(yaml, readFileSync(yaml, "utf8").replace("HOSTS", `- host: ${host}`).replace("INSIDE", "- host: a.example"));
			const end = await run(["build", home]);
			rmSync(home, { recursive: true, force: true });
			assert.notEqual(end.code, 0, host);
			assert.match(end.stdout + end.stderr, /wrong-host|private-host/, host);
		}
	});
}

if (process.env.WARD_OWN_NETWORK) inside(process.env.WARD_OWN_NETWORK);
