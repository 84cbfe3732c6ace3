const { DynamoDBDocumentClient, DeleteCommand } = require('@aws-sdk/lib-dynamodb');
const client = DynamoDBDocumentClient.from(base);
exports.handler = async (event) => {
  const owner = event.requestContext.authorizer?.claims?.sub;
  if (!owner) return { statusCode: 401 };
  const id = event.pathParameters.id;
  await client.send(new DeleteCommand({ TableName: 'notes', Key: { id, owner } }));
  return { statusCode: 204 };
};
