const fs = require("fs");
const path = require("path");
exports.handler = async (event) => {
	const name = path.basename(event.pathParameters.proxy);
	const body = fs.readFileSync(path.join("/var/task/public", name), "utf8");
	return { statusCode: 200, body };
};
