const { execFileSync } = require("child_process");
exports.handler = async (event) => {
	for (const { body } of event.Records) {
		const job = JSON.parse(body);
		execFileSync("tar", ["xf", "/tmp/in.tar", "-C", `/tmp/${Number(job.id)}`]);
	}
};
