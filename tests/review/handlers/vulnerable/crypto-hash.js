const crypto = require('crypto');
exports.handler = async (event) => {
  const { password } = JSON.parse(event.body);
  const hash = crypto.createHash('md5').update(password).digest('hex'); // expect: js-weak-hash
  await saveHash(hash);
  return { statusCode: 201, body: '' };
};
