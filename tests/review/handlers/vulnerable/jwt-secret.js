const jwt = require('jsonwebtoken');
exports.handler = async (event) => {
  const user = await signIn(JSON.parse(event.body));
  const token = jwt.sign({ sub: user.id }, 'keyboard-cat-2024', { expiresIn: '1h' }); // expect: js-jwt-secret
  return { statusCode: 200, body: JSON.stringify({ token }) };
};
