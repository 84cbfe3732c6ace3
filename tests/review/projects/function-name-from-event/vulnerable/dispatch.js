const AWS = require("aws-sdk");
const lambda = new AWS.Lambda();
exports.handler = async (event) => {
	const req = JSON.parse(event.body);
	return lambda.invoke({ FunctionName: "DVSA-" + req.action, Payload: event.body }).promise(); // expect: js-invoked-function
};
