import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';
const table = DynamoDBDocumentClient.from(base);
const store = new S3Client({});
export const handler = async (event) => {
  const { Item } = await table.send(new GetCommand({ TableName: 'orders', Key: { id: event.id } }));
  await table.send(new PutCommand({ TableName: 'orders', Item: { ...Item, paid: true } }));
  return store.send(new GetObjectCommand({ Bucket: 'receipts', Key: Item.receipt }));
};
