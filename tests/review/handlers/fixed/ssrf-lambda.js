const HOSTS = new Set(['images.example.com', 'cdn.example.com']);
export const handler = async (event) => {
  const url = new URL(event.queryStringParameters.url);
  if (url.protocol !== 'https:' || !HOSTS.has(url.hostname)) return { statusCode: 400, body: 'host not allowed' };
  const response = await fetch(url);
  return { statusCode: 200, body: await response.text() };
};
