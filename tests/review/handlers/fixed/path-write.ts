import { writeFileSync } from 'fs';
import { randomUUID } from 'crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
export const handler = async (event: APIGatewayProxyEvent) => {
  const upload = JSON.parse(event.body ?? '{}');
  const name = randomUUID();
  writeFileSync(`/tmp/uploads/${name}`, upload.content);
  return { statusCode: 201, body: name };
};
