import fs from 'node:fs/promises';
export const handler = async (event) => {
  const name = event.queryStringParameters.name;
  const text = await fs.readFile('/opt/templates/' + name, 'utf8'); // expect: js-path-traversal
  return { statusCode: 200, body: text };
};
