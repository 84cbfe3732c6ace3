const { execFileSync } = require("child_process");
const AWS = require("aws-sdk");
const s3 = new AWS.S3();
const known = { report: "https://docs.example/report.doc", terms: "https://docs.example/terms.doc" };

exports.handler = async (event) => {
	try {
		const documentUrl = known[event.queryStringParameters.name === "terms" ? "terms" : "report"];
		const txt = execFileSync("./bin/catdoc", [documentUrl]).toString();
		await s3.putObject({ Bucket: process.env.BUCKET_NAME, Key: "out", Body: txt, ContentType: "text/plain" }).promise();
		return { statusCode: 302, headers: { Location: `${process.env.BUCKET_URL}/out` } };
	} catch (err) {
		console.error(err);
		return { statusCode: 500, body: "the document could not be converted" };
	}
};
