const { randomBytes } = require('crypto');
exports.handler = async (event) => {
  const { email } = JSON.parse(event.body);
  const resetToken = randomBytes(32).toString('hex');
  await saveReset(email, resetToken);
  return { statusCode: 202, body: '' };
};
