import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { SNSClient, PublishCommand } from '@aws-sdk/client-sns';
const table = new DynamoDBClient({});
const topic = new SNSClient({});
export const handler = async () => {
  const { Items } = await table.send(new QueryCommand({ TableName: 'orders' }));
  await topic.send(new PublishCommand({ TopicArn: process.env.TOPIC, Message: String(Items?.length) }));
};
