const { exec } = require("child_process");
const util = require("util");
const run = util.promisify(exec);
module.exports.handler = async (event) => {
	for (const record of event.Records) {
		const bucket = record.s3.bucket.name;
		const key = decodeURIComponent(record.s3.object.key.replace(/\+/g, " "));
		await run(`aws s3 cp s3://${bucket}/${key} /tmp/in && convert /tmp/in -resize 128 /tmp/out`); // expect: js-command-injection
	}
};
