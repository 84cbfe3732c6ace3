const crypto = require("crypto");
exports.handler = async (event) => {
	const { email, password } = JSON.parse(event.body);
	const token = crypto.randomBytes(32).toString("hex");
	const salt = crypto.randomBytes(16);
	const hash = crypto.scryptSync(password, salt, 64).toString("hex");
	await save(email, hash, token);
	return { statusCode: 204, body: "" };
};
