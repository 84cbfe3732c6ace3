const https = require('https');
const agent = new https.Agent({ rejectUnauthorized: false }); // expect: js-tls-off
exports.handler = async () => {
  const response = await fetch('https://partner.example.com/prices', { agent });
  return { statusCode: 200, body: await response.text() };
};
