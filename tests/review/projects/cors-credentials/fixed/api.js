exports.handler = async () => ({
	statusCode: 200,
	headers: { "Access-Control-Allow-Origin": "https://shop.example", "Access-Control-Allow-Credentials": "true" },
	body: JSON.stringify({ balance: 1 }),
});
