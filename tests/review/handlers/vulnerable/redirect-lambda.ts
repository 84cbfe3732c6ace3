export const handler = async (event: any) => {
  const to = event.queryStringParameters?.to;
  return { statusCode: 302, headers: { Location: to }, body: '' }; // expect: js-open-redirect
};
