const { MongoClient } = require("mongodb");
const { verify } = require("./passwords");
exports.handler = async (event) => {
	const client = await MongoClient.connect(process.env.MONGO_URL);
	const { username, password } = JSON.parse(event.body);
	const user = await client.db("app").collection("users").findOne({ username: String(username) });
	return { statusCode: user && (await verify(user.hash, String(password))) ? 200 : 401, body: "" };
};
