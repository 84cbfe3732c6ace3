exports.handler = async (event) => {
  const name = event.queryStringParameters.name;
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'text/html' },
    body: `<html><body>Hello ${name}</body></html>`, // expect: js-html-injection
  };
};
