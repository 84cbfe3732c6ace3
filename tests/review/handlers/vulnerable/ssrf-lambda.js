export const handler = async (event) => {
  const { url } = event.queryStringParameters;
  const response = await fetch(url); // expect: js-ssrf
  return { statusCode: 200, body: await response.text() };
};
