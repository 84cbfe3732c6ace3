const AWS = require("aws-sdk");
const s3 = new AWS.S3();
exports.handler = async (event) => s3.putObject({ Bucket: "uploads", Key: "a", Body: event.body }).promise();
