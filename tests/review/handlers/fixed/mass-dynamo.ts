import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
const Profile = z.object({ id: z.string().uuid(), name: z.string().max(80) }).strict();
const client = DynamoDBDocumentClient.from(base);
export const handler = async (event: { body: string }) => {
  const item = Profile.parse(JSON.parse(event.body));
  await client.send(new PutCommand({ TableName: 'profiles', Item: item }));
  return { statusCode: 201, body: '' };
};
