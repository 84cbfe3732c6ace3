import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
const queue = new SQSClient({});
export const handler = async () => queue.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE, MessageBody: 'x' }));
