export const handler = async (event) => {
  const { formula, values } = JSON.parse(event.body);
  const result = eval(formula); // expect: js-code-injection
  return { statusCode: 200, body: JSON.stringify({ result, values }) };
};
