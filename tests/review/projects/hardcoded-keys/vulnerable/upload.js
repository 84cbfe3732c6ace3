const AWS = require("aws-sdk");
const s3 = new AWS.S3({
	accessKeyId: "AKIAIJ4XQ7NV2K6DTYRA", // expect: secret-aws-access-key-id
	secretAccessKey: "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", // expect: secret-aws-secret-key
});
exports.handler = async (event) => s3.putObject({ Bucket: "uploads", Key: "a", Body: event.body }).promise();
