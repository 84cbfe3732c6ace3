// What scenarios with accounts of either realm share, beside people.mjs: cookies, `ward user`, enrolling an authenticator app.
import assert from "node:assert/strict";
import { run } from "./lib.mjs";
import { PASSWORD, totp } from "./people.mjs";

export { PASSWORD, totp };

export const cookieOf = (answer) => answer.headers.getSetCookie().map((line) => line.split(";")[0]).find((pair) => !pair.startsWith("__Host-ward_flow"));

const ward = (command) => async (state, args, input) => {
	const done = await run([command, ...args, "--state", state], { input });
	assert.equal(done.code, 0, done.stderr);
	return done.stdout;
};
export const wardUser = ward("user");
export const wardOperator = ward("operator");

// Turns an app on for the session of the cookie: { cookie, secret, recoveryCodes }.
export const enrol = async (app, base, cookie) => {
	const begun = await app.call("POST", `${base}totp/begin`, {}, { cookie });
	assert.equal(begun.status, 200, begun.text);
	const { challenge, secret } = begun.body;
	const done = await app.call("POST", `${base}totp/finish`, { challenge, code: totp(secret) }, { cookie });
	assert.equal(done.status, 200, done.text);
	return { cookie: cookieOf(done), secret, recoveryCodes: done.body.recoveryCodes };
};
