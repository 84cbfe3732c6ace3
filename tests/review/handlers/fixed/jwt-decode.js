import jwt from 'jsonwebtoken';
export const handler = async (event) => {
  const token = event.headers.authorization.replace('Bearer ', '');
  const user = jwt.verify(token, process.env.JWT_KEY, { algorithms: ['HS256'] });
  return { statusCode: 200, body: JSON.stringify(await ordersOf(user.sub)) };
};
