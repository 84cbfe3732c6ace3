export const handler = async (event) => {
  const q = event.queryStringParameters.q.toLowerCase();
  const names = await loadNames();
  return { statusCode: 200, body: JSON.stringify(names.filter((n) => n.toLowerCase().includes(q))) };
};
