const AWS = require("aws-sdk");
const db = new AWS.DynamoDB.DocumentClient();
exports.handler = async (event) => {
	const token = event.headers.Authorization.split(" ")[1];
	const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64").toString()); // expect: js-jwt-decode
	const account = await db.get({ TableName: "accounts", Key: { id: claims.sub } }).promise();
	return { statusCode: 200, body: JSON.stringify(account.Item) };
};
