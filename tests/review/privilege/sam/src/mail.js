const AWS = require('aws-sdk');
const ses = new AWS.SES();
exports.handler = async (event) => ses.sendEmail({ Destination: { ToAddresses: [event.to] } }).promise();
