const jwt = require("jsonwebtoken");
exports.login = async (event) => {
	const user = await check(JSON.parse(event.body));
	return { statusCode: 200, body: jwt.sign({ sub: user.id }, process.env.JWT_SECRET, { expiresIn: "10m" }) };
};
exports.me = async (event) => jwt.verify(event.headers.token, process.env.JWT_SECRET, { algorithms: ["HS256"] });
