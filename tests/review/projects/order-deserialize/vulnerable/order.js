const serialize = require("node-serialize");
const AWS = require("aws-sdk");
exports.handler = (event, context, callback) => {
	const req = serialize.unserialize(event.body); // expect: js-unsafe-deserialization
	const action = req.action;
	callback(null, { statusCode: 200, body: JSON.stringify({ status: "ok", action }) });
};
