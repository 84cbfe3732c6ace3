export const handler = async (event: any) => {
  const page = encodeURIComponent(event.queryStringParameters?.page ?? 'home');
  return { statusCode: 302, headers: { Location: `/pages/${page}` }, body: '' };
};
