const AWS = require("aws-sdk");
const db = new AWS.DynamoDB.DocumentClient();
exports.handler = async (event) => {
	const params = { TableName: "orders", FilterExpression: "userId = :u", ExpressionAttributeValues: { ":u": event.requestContext.authorizer.claims.sub } };
	return { statusCode: 200, body: JSON.stringify(await db.scan(params).promise()) };
};
