// A real mail server (npm smtp-server) that keeps what it gets.
import { createRequire } from "node:module";
import path from "node:path";
import { root, until } from "./lib.mjs";

let SMTPServer;
try {
	({ SMTPServer } = createRequire(path.join(root, "tests", "package.json"))("smtp-server"));
} catch (why) {
	if (why.code !== "MODULE_NOT_FOUND") throw why;
	console.log("skipped: npm smtp-server is not installed (scripts/setup tests)");
	process.exit(77);
}

// A mail server that keeps what it gets. `says(address)` may refuse a recipient: an Error with responseCode.
export class Sink {
	mails = [];
	tries = [];
	logins = [];
	connections = 0;
	says = () => null;
	static async start({ host = "127.0.0.1", options = {} } = {}) {
		const sink = new Sink();
		sink.server = new SMTPServer({
			disabledCommands: ["STARTTLS"], hideSTARTTLS: true, authOptional: true, allowInsecureAuth: true, logger: false, ...options,
			onConnect: (session, done) => (sink.connections++, done()),
			onAuth: ({ username, password }, session, done) => {
				sink.logins.push({ username, password });
				done(null, { user: username });
			},
			onRcptTo: ({ address }, session, done) => (sink.tries.push(address), done(sink.says(address))),
			onData: (stream, session, done) => {
				const parts = [];
				stream.on("data", (d) => parts.push(d));
				stream.on("end", () => {
					const { mailFrom, rcptTo } = session.envelope;
					sink.mails.push({ from: mailFrom.address, to: rcptTo.map((r) => r.address), text: Buffer.concat(parts).toString() });
					done();
				});
			},
		});
		sink.server.on("error", () => {}); // a client that does not trust the certificate
		await new Promise((done) => sink.server.listen(0, host, done));
		sink.port = sink.server.server.address().port;
		return sink;
	}
	to(address) {
		return this.mails.filter((m) => m.to.includes(address));
	}
	async newest(address, count = 1) {
		await until(`mail ${count} to ${address}`, 5000, () => this.to(address).length >= count);
		return this.to(address).at(-1);
	}
	stop() {
		return new Promise((done) => this.server.close(done));
	}
}
const headersOf = (mail) => mail.text.slice(0, mail.text.indexOf("\r\n\r\n")).split("\r\n");
export const header = (mail, name) => headersOf(mail).filter((l) => l.toLowerCase().startsWith(`${name.toLowerCase()}: `)).map((l) => l.slice(name.length + 2));
