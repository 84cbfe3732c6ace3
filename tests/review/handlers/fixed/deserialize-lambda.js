exports.handler = async (event) => {
  const cookie = Buffer.from(event.headers.cookie, 'base64').toString();
  const profile = JSON.parse(cookie);
  return { statusCode: 200, body: JSON.stringify({ name: profile.name }) };
};
