exports.handler = async (event) => ({
	statusCode: 200,
	headers: {
		"Access-Control-Allow-Origin": event.headers.origin, // expect: js-cors-credentials
		"Access-Control-Allow-Credentials": "true",
	},
	body: JSON.stringify({ balance: 1 }),
});
