const jwt = require('jsonwebtoken');
exports.handler = async (event) => {
  const user = await signIn(JSON.parse(event.body));
  const token = jwt.sign({ sub: user.id }, process.env.JWT_KEY, { expiresIn: '1h' });
  return { statusCode: 200, body: JSON.stringify({ token }) };
};
