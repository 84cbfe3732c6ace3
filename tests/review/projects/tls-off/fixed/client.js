const https = require("https");
const agent = new https.Agent({ ca: process.env.INTERNAL_CA });
exports.handler = async () => fetch("https://internal.example", { agent });
