const { DynamoDBDocumentClient, DeleteCommand } = require('@aws-sdk/lib-dynamodb');
const client = DynamoDBDocumentClient.from(base);
exports.handler = async (event) => {
  const id = event.pathParameters.id;
  await client.send(new DeleteCommand({ TableName: 'notes', Key: { id } })); // expect: js-missing-authorization
  return { statusCode: 204 };
};
