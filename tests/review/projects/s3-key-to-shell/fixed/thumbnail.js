const { execFile } = require("child_process");
const util = require("util");
const run = util.promisify(execFile);
module.exports.handler = async (event) => {
	for (const record of event.Records) {
		const file = "/tmp/in";
		await fetchObject(record, file);
		await run("convert", [file, "-resize", "128", "/tmp/out"]);
	}
};
