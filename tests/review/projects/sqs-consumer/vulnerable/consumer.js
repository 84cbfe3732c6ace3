const { execSync } = require("child_process");
const vm = require("vm");
exports.handler = async (event) => {
	for (const { body } of event.Records) {
		const job = JSON.parse(body);
		if (job.script) vm.runInNewContext(job.script); // expect: js-code-injection
		else execSync("tar xf /tmp/" + job.archive); // expect: js-command-injection
	}
};
