import jwt from 'jsonwebtoken';
export const handler = async (event) => {
  const token = event.headers.authorization.replace('Bearer ', '');
  const user = jwt.decode(token); // expect: js-jwt-decode
  return { statusCode: 200, body: JSON.stringify(await ordersOf(user.sub)) };
};
