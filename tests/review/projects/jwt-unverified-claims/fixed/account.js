const jwt = require("jsonwebtoken");
const AWS = require("aws-sdk");
const db = new AWS.DynamoDB.DocumentClient();
exports.handler = async (event) => {
	const token = event.headers.Authorization.split(" ")[1];
	const claims = jwt.verify(token, process.env.PUBLIC_KEY, { algorithms: ["RS256"] });
	const account = await db.get({ TableName: "accounts", Key: { id: claims.sub } }).promise();
	return { statusCode: 200, body: JSON.stringify(account.Item) };
};
