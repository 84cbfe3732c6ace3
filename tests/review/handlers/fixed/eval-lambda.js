const OPERATIONS = { sum: (v) => v.reduce((a, b) => a + b, 0), max: (v) => Math.max(...v) };
export const handler = async (event) => {
  const { formula, values } = JSON.parse(event.body);
  if (!Object.hasOwn(OPERATIONS, formula)) return { statusCode: 400, body: 'unknown formula' };
  const result = OPERATIONS[formula](values.map(Number));
  return { statusCode: 200, body: JSON.stringify({ result }) };
};
