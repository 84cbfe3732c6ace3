import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
const client = DynamoDBDocumentClient.from(base);
export const handler = async (event: { body: string }) => {
  const item = JSON.parse(event.body);
  await client.send(new PutCommand({ TableName: 'profiles', Item: item })); // expect: js-mass-assignment
  return { statusCode: 201, body: '' };
};
