const child_process = require("child_process");
const AWS = require("aws-sdk");
const s3 = new AWS.S3();

exports.handler = async (event) => {
	try {
		const documentUrl = event.queryStringParameters.document_url;
		const txt = child_process.execSync(`./bin/curl --silent -L ${documentUrl} | ./bin/catdoc -`).toString(); // expect: js-command-injection
		await s3.putObject({ Bucket: process.env.BUCKET_NAME, Key: "out", Body: txt, ContentType: "text/html" }).promise();
		return { statusCode: 302, headers: { Location: `${process.env.BUCKET_URL}/out` } };
	} catch (err) {
		return { statusCode: 500, body: err.stack }; // expect: js-verbose-error
	}
};
