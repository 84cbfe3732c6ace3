exports.handler = async (event) => {
	const plugin = require("./plugins/" + event.queryStringParameters.plugin); // expect: js-code-injection
	return plugin.run(event);
};
