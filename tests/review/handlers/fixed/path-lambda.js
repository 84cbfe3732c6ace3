import fs from 'node:fs/promises';
import path from 'node:path';
export const handler = async (event) => {
  const name = path.basename(event.queryStringParameters.name);
  const text = await fs.readFile(path.join('/opt/templates', name), 'utf8');
  return { statusCode: 200, body: text };
};
