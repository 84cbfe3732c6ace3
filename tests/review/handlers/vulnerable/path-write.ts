import { writeFileSync } from 'fs';
import type { APIGatewayProxyEvent } from 'aws-lambda';
export const handler = async (event: APIGatewayProxyEvent) => {
  const upload = JSON.parse(event.body ?? '{}');
  writeFileSync(`/tmp/uploads/${upload.filename}`, upload.content); // expect: js-path-traversal
  return { statusCode: 201, body: '' };
};
