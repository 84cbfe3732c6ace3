// Mails of accounts, carried by egress to a real mail server (npm smtp-server) that the test runs: what arrives, to whom, and what never leaves.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, cookieOf, wardUser } from "./accounts.mjs";
import { Served, assertProblem, copyApp, run, sleep, until } from "./lib.mjs";
import { Sink, header } from "./mail-sink.mjs";

const origin = "https://shop.example";
const MAIL_SECRET = "relay password, with: odd signs";

const linkIn = (mail) => mail.text.match(/https?:\/\/\S+/)[0];
const tokenIn = (mail) => linkIn(mail).split("#token=")[1];

const shopWith = (yaml) => {
	const dir = copyApp("examples/shop");
	rmSync(path.join(dir, "ward.lock"), { force: true });
	appendFileSync(path.join(dir, "ward.yaml"), `\n${yaml}\n`);
	return dir;
};

let sink, app, retried;
before(async () => {
	sink = await Sink.start();
	app = await Served.start(shopWith(`
identity:
  verify: true
mail:
  smtp: "smtp://127.0.0.1:${sink.port}"
  from: "The Shop <shop@example.org>"
  user: shop
  secret: SMTP_PASSWORD
  private: true`), { args: ["--origin", origin] });
	assert.match(app.log, /mail needs the secret SMTP_PASSWORD, which is not set/);
	const set = await run(["secret", "set", "SMTP_PASSWORD", "--app", app.dir, "--state", app.state], { input: MAIL_SECRET });
	assert.equal(set.code, 0, set.stderr);
	// Looked at in the last test: busy once, it is asked again after a minute.
	sink.says = (address) => (address === "busy@example.org" && sink.tries.filter((t) => t === address).length < 2 ? Object.assign(new Error("busy"), { responseCode: 451 })
		: address === "nobody@example.org" ? Object.assign(new Error("no such mailbox"), { responseCode: 550 }) : null);
	for (const email of ["busy@example.org", "nobody@example.org"]) assert.equal((await auth("mail/link", { email })).status, 202);
	retried = Date.now();
});
after(async () => {
	await app.stop();
	await sink.stop();
});
const auth = (name, body, headers) => app.call("POST", `/_ward/auth/${name}`, body, headers);
const orders = (cookie) => app.call("GET", "/orders", undefined, { cookie });

test("a new address is proved by mail before there is an account", async () => {
	const email = "ada@example.org";
	const answer = await auth("sign-up", { email, password: PASSWORD });
	assert.equal(answer.status, 202, answer.text);
	assert.equal((await auth("sign-in", { email, password: PASSWORD })).status, 401, "there is no account yet");
	const mail = await sink.newest(email);
	assert.equal(mail.from, "shop@example.org");
	assert.deepEqual(mail.to, [email]);
	assert.deepEqual(header(mail, "From"), ["The Shop <shop@example.org>"]);
	assert.deepEqual(header(mail, "To"), [email]);
	assert.deepEqual(header(mail, "Subject"), ["Confirm your address for shop"]);
	for (const name of ["Date", "Message-ID", "MIME-Version"]) assert.equal(header(mail, name).length, 1, name);
	assert.ok(linkIn(mail).startsWith(`${origin}/_ward/account/verify#token=`), linkIn(mail));
	assert.deepEqual(sink.logins[0], { username: "shop", password: MAIL_SECRET });
	assert.equal((await auth("mail/verify", { token: tokenIn(mail), password: "not the one they chose" })).status, 401);
	const verified = await auth("mail/verify", { token: tokenIn(mail), password: PASSWORD });
	assert.equal(verified.status, 200, verified.text);
	assert.equal((await orders(cookieOf(verified))).status, 200);
	assert.equal((await auth("mail/verify", { token: tokenIn(mail), password: PASSWORD })).status, 401, "a link is good once");
});

test("somebody else's address gets the same answer, and its owner a word", async () => {
	const answer = await auth("sign-up", { email: "ada@example.org", password: "another pass phrase" });
	const unknown = await auth("sign-up", { email: "mary@example.org", password: "another pass phrase" });
	assert.deepEqual([answer.status, answer.body], [unknown.status, unknown.body]);
	const mail = await sink.newest("ada@example.org", 2);
	assert.deepEqual(header(mail, "Subject"), ["You have an account at shop already"]);
	assert.doesNotMatch(mail.text, /token=/);
});

test("a link in a mail signs in, once", async () => {
	const before = sink.to("ada@example.org").length;
	assert.equal((await auth("mail/link", { email: "ada@example.org" })).status, 202);
	const mail = await sink.newest("ada@example.org", before + 1);
	assert.ok(linkIn(mail).startsWith(`${origin}/_ward/account/link#token=`));
	const answer = await auth("mail/sign-in", { token: tokenIn(mail) });
	assert.equal(answer.status, 200, answer.text);
	assert.deepEqual(answer.body.session.methods, ["mail"]);
	assert.equal((await orders(cookieOf(answer))).status, 200);
	assert.equal((await auth("mail/sign-in", { token: tokenIn(mail) })).status, 401);
});

test("a forgotten password is chosen anew, and every session ends", async () => {
	const email = "grace@example.org";
	await wardUser(app.state, ["add", email, "--password-stdin"], PASSWORD);
	const cookie = cookieOf(await auth("sign-in", { email, password: PASSWORD }));
	assert.equal((await orders(cookie)).status, 200);
	assert.equal((await auth("password/forgot", { email })).status, 202);
	const mail = await sink.newest(email);
	assert.ok(linkIn(mail).startsWith(`${origin}/_ward/account/reset#token=`));
	assert.equal((await auth("password/reset", { token: tokenIn(mail), password: "password1" })).status, 400, "a common one");
	assert.equal((await auth("password/reset", { token: tokenIn(mail), password: "a much better one" })).status, 204);
	assertProblem(await orders(cookie), 401);
	assert.equal((await auth("sign-in", { email, password: PASSWORD })).status, 401);
	assert.equal((await auth("sign-in", { email, password: "a much better one" })).status, 200);
	assert.equal((await auth("password/reset", { token: tokenIn(mail), password: "yet another one" })).status, 401);
	const told = await sink.newest(email, 2);
	assert.match(told.text, /your password/);
	const unknown = await auth("password/forgot", { email: "whoever@example.org" });
	assert.equal(unknown.status, 202);
	await sleep(500);
	assert.equal(sink.to("whoever@example.org").length, 0);
});

test("an address cannot bring headers, recipients or commands with it", async () => {
	const before = sink.mails.length;
	const hostile = ["x@example.org\r\nBcc: eve@evil.example", "x@example.org\nSubject: free", "x@example.org, eve@evil.example", "x@example.org eve@evil.example",
		"x@example.org>\r\nRCPT TO:<eve@evil.example", "<x@example.org>", "\"x\r\nDATA\"@example.org", "x@example.org\u0000eve", "x@[127.0.0.1]", "x@example.org\r\n.\r\nQUIT",
		"x\u2028y@example.org", "x@exam ple.org", "eve@evil.example@example.org"];
	for (const name of ["sign-up", "mail/link", "password/forgot"])
		for (const email of hostile) {
			const answer = await auth(name, name === "sign-up" ? { email, password: PASSWORD } : { email });
			assert.ok(answer.status === 400, `${name} ${JSON.stringify(email)}: ${answer.text}`);
		}
	await sleep(500);
	assert.equal(sink.mails.length, before);
	for (const mail of sink.mails) {
		assert.equal(mail.to.length, 1);
		assert.deepEqual(header(mail, "Bcc"), []);
		assert.equal(header(mail, "Subject").length, 1);
		assert.doesNotMatch(mail.text, /evil\.example/);
	}
});

test("without TLS nothing leaves for another host, and no password", async () => {
	// 127.0.0.2 is this machine, but ward does not know that name as such: it stands for any host of a private network.
	const plain = await Sink.start({ host: "127.0.0.2" });
	const dir = mkdtempSync(path.join(os.tmpdir(), "ward-cert-"));
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.2", "-addext",
		"subjectAltName=IP:127.0.0.2", "-keyout", path.join(dir, "key.pem"), "-out", path.join(dir, "cert.pem")], { stdio: "ignore" });
	const certificate = { key: readFileSync(path.join(dir, "key.pem")), cert: readFileSync(path.join(dir, "cert.pem")) };
	const upgraded = await Sink.start({ host: "127.0.0.2", options: { ...certificate, hideSTARTTLS: false, disabledCommands: [] } });
	const wrapped = await Sink.start({ host: "127.0.0.2", options: { ...certificate, secure: true } });
	try {
		for (const [server, smtp] of [[plain, `smtp://127.0.0.2:${plain.port}`], [upgraded, `smtp://127.0.0.2:${upgraded.port}`], [wrapped, `smtps://127.0.0.2:${wrapped.port}`]]) {
			const other = await Served.start(shopWith(`mail: {smtp: "${smtp}", from: shop@example.org, user: shop, secret: SMTP_PASSWORD, private: true}`), { state: undefined });
			try {
				assert.equal((await run(["secret", "set", "SMTP_PASSWORD", "--app", other.dir, "--state", other.state], { input: MAIL_SECRET })).code, 0);
				await other.call("POST", "/_ward/auth/mail/link", { email: "ada@example.org" });
				const failed = await other.logged("mail_failed");
				assert.ok(failed);
				assert.deepEqual(server.logins, []);
				assert.deepEqual(server.mails, []);
				assert.deepEqual(server.tries, []);
			} finally {
				await other.stop();
			}
		}
		assert.ok(plain.connections > 0);
	} finally {
		for (const server of [plain, upgraded, wrapped]) await server.stop();
		rmSync(dir, { recursive: true });
	}
});

test("`ward dev` without a mail server shows mails in the terminal and the outbox, to the developer alone", async () => {
	const dev = await Served.start(copyApp("examples/shop"), { command: "dev" });
	try {
		assert.equal((await dev.call("POST", "/_ward/auth/mail/link", { email: "ada@example.org" })).status, 202);
		const line = await dev.logged("mail");
		assert.equal(line.to, "ada@example.org");
		assert.match(line.link, /^http:\/\/localhost:\d+\/_ward\/account\/link#token=/);
		const outbox = await dev.call("GET", "/_ward/api/outbox");
		assert.equal(outbox.status, 200);
		assert.equal(outbox.body.mails[0].to, "ada@example.org");
		assert.ok(outbox.body.mails[0].body.includes(line.link));
		assert.equal((await dev.call("POST", "/_ward/auth/mail/sign-in", { token: line.link.split("#token=")[1] })).status, 200);
		const elsewhere = await dev.raw("GET /_ward/api/outbox HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
		assert.match(elsewhere, /^HTTP\/1\.1 401/);
		assertProblem(await dev.call("GET", "/_ward/api/outbox", undefined, { "sec-fetch-site": "cross-site" }), 401);
	} finally {
		await dev.stop();
	}
	assertProblem(await app.call("GET", "/_ward/api/outbox"), 401);
});

test("a recipient that is none is asked for once, one whose server is busy again after a minute", async () => {
	await until("the second try", 80000, () => sink.to("busy@example.org").length > 0);
	assert.ok(Date.now() - retried > 55000, "not at once");
	assert.equal(sink.tries.filter((t) => t === "busy@example.org").length, 2);
	assert.equal(sink.tries.filter((t) => t === "nobody@example.org").length, 1);
});

test("passwords and links are in no log line of `ward serve`", () => {
	assert.doesNotMatch(app.log, /relay password|token=|nine lives/);
});
