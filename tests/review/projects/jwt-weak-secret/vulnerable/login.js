const jwt = require("jsonwebtoken");
const SECRET = "supersecret123";
exports.login = async (event) => {
	const user = await check(JSON.parse(event.body));
	return { statusCode: 200, body: jwt.sign({ sub: user.id }, SECRET) }; // expect: js-jwt-secret
};
exports.me = async (event) => jwt.verify(event.headers.token, SECRET, { algorithms: ["none", "HS256"] }); // expect: js-jwt-none
