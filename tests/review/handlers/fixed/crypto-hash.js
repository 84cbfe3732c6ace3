const crypto = require('crypto');
exports.handler = async (event) => {
  const { password } = JSON.parse(event.body);
  const salt = crypto.randomBytes(16);
  const hash = crypto.scryptSync(password, salt, 64).toString('hex');
  await saveHash(hash, salt);
  return { statusCode: 201, body: '' };
};
