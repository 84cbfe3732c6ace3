const { MongoClient } = require("mongodb");
exports.handler = async (event) => {
	const client = await MongoClient.connect(process.env.MONGO_URL);
	const { username, password } = JSON.parse(event.body);
	const user = await client.db("app").collection("users").findOne({ username: username, password: password }); // expect: js-nosql-injection
	return { statusCode: user ? 200 : 401, body: "" };
};
