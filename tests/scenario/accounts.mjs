// What scenarios with accounts share: cookies, codes of an authenticator app, `ward user`.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { run } from "./lib.mjs";

export const PASSWORD = "nine lives and a harbour";

export const cookieOf = (answer) => answer.headers.getSetCookie().map((line) => line.split(";")[0]).find((pair) => !pair.startsWith("__Host-ward_flow"));

// RFC 6238 with SHA-1, six digits and steps of 30 seconds.
export const totp = (secret, now = Date.now()) => {
	const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const step = Buffer.alloc(8);
	step.writeBigUInt64BE(BigInt(Math.floor(now / 30000)));
	const mac = createHmac("sha1", key).update(step).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
};

export const wardUser = async (state, args, input) => {
	const done = await run(["user", ...args, "--state", state], { input });
	assert.equal(done.code, 0, done.stderr);
	return done.stdout;
};

// Turns an app on for the session of the cookie: { cookie, secret, recoveryCodes }.
export const enrol = async (app, base, cookie) => {
	const begun = await app.call("POST", `${base}totp/begin`, {}, { cookie });
	assert.equal(begun.status, 200, begun.text);
	const { challenge, secret } = begun.body;
	const done = await app.call("POST", `${base}totp/finish`, { challenge, code: totp(secret) }, { cookie });
	assert.equal(done.status, 200, done.text);
	return { cookie: cookieOf(done), secret, recoveryCodes: done.body.recoveryCodes };
};
