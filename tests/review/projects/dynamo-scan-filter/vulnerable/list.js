const AWS = require("aws-sdk");
const db = new AWS.DynamoDB.DocumentClient();
exports.handler = async (event) => {
	const body = JSON.parse(event.body);
	const params = { TableName: "orders", FilterExpression: "userId = '" + body.user + "'" };
	return { statusCode: 200, body: JSON.stringify(await db.scan(params).promise()) }; // expect: js-query-expression
};
