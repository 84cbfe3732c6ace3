// People and machines for the scenarios: accounts over the endpoints of docs/identity.md, codes of an authenticator app.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { run } from "./lib.mjs";

export const PASSWORD = "nine lives and a harbour";
export const cookieOf = (answer) => answer.headers.getSetCookie().find((c) => c.startsWith("__Host-ward_session="))?.split(";")[0];

// RFC 6238 with SHA-1, six digits and steps of 30 s, from the secret in base32.
export const totp = (secret, step = Math.floor(Date.now() / 30000)) => {
	const bits = [...secret.replaceAll(" ", "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(step));
	const mac = createHmac("sha1", key).update(counter).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
};

// Somebody with a cookie jar of one cookie.
export class Person {
	constructor(app, email) {
		Object.assign(this, { app, email });
	}
	static async signUp(app, email) {
		const who = new Person(app, email);
		assert.equal((await who.auth("sign-up", { email, password: PASSWORD })).status, 200);
		return who;
	}
	static async signIn(app, email, password = PASSWORD) {
		const who = new Person(app, email);
		const answer = await who.auth("sign-in", { email, password });
		assert.equal(answer.status, 200, answer.text);
		return who;
	}
	// As a browser does it: the cookie goes along, and what the answer sets is kept.
	async call(method, path, body, headers = {}) {
		const answer = await this.app.call(method, path, body, { ...(this.cookie ? { cookie: this.cookie } : {}), ...headers });
		const set = cookieOf(answer);
		if (set) this.cookie = set.endsWith("=") ? undefined : set;
		return answer;
	}
	auth(name, body) {
		return this.call(body === undefined ? "GET" : "POST", `/_ward/auth/${name}`, body);
	}
	async tenant(name) {
		return this.auth("tenant", { tenant: name });
	}
	// { id, key }
	async key(fields) {
		const answer = await this.auth("keys/create", { name: "machine", ...fields });
		assert.equal(answer.status, 200, answer.text);
		return answer.body;
	}
	async addTotp() {
		const { challenge, secret } = (await this.auth("totp/begin", {})).body;
		const answer = await this.auth("totp/finish", { challenge, code: totp(secret) });
		assert.equal(answer.status, 200, answer.text);
		return { secret, recoveryCodes: answer.body.recoveryCodes };
	}
}

// `ward user` on the state of an app that runs.
export const user = async (app, ...words) => {
	const done = await run(["user", ...words, "--state", app.state]);
	assert.equal(done.code, 0, done.stderr);
	return done.stdout;
};
