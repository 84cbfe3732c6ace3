import jwt from 'jsonwebtoken';
export function authenticate(token: string) {
  return jwt.verify(token, process.env.JWT_KEY!, { algorithms: ['HS256'] });
}
