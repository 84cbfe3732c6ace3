const crypto = require("crypto");
exports.handler = async (event) => {
	const { email, password } = JSON.parse(event.body);
	const token = Math.random().toString(36).slice(2); // expect: js-weak-random
	const hash = crypto.createHash("md5").update(password).digest("hex"); // expect: js-weak-hash
	await save(email, hash, token);
	return { statusCode: 204, body: "" };
};
