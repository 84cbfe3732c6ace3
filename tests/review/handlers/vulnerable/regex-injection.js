export const handler = async (event) => {
  const { q } = event.queryStringParameters;
  const names = await loadNames();
  const pattern = new RegExp(q, 'i'); // expect: js-regex-injection
  return { statusCode: 200, body: JSON.stringify(names.filter((n) => pattern.test(n))) };
};
