const https = require("https");
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"; // expect: js-tls-off
const agent = new https.Agent({ rejectUnauthorized: false }); // expect: js-tls-off
exports.handler = async () => fetch("https://internal.example", { agent });
