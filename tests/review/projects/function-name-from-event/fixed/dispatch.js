const AWS = require("aws-sdk");
const lambda = new AWS.Lambda();
const actions = { new: "ORDER-NEW", cancel: "ORDER-CANCEL" };
exports.handler = async (event) => {
	const req = JSON.parse(event.body);
	const name = req.action === "cancel" ? actions.cancel : actions.new;
	return lambda.invoke({ FunctionName: name, Payload: event.body }).promise();
};
