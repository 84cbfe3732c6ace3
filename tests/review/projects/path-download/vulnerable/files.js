const fs = require("fs");
exports.handler = async (event) => {
	const name = event.pathParameters.proxy;
	const body = fs.readFileSync("/var/task/public/" + name, "utf8"); // expect: js-path-traversal
	return { statusCode: 200, body };
};
