exports.handler = (event, context, callback) => {
	const req = JSON.parse(event.body);
	const action = req.action;
	callback(null, { statusCode: 200, body: JSON.stringify({ status: "ok", action }) });
};
