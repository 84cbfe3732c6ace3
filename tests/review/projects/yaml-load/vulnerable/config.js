const yaml = require("js-yaml");
exports.handler = async (event) => {
	const config = yaml.load(event.body, { schema: yaml.DEFAULT_FULL_SCHEMA }); // expect: js-unsafe-deserialization
	return { statusCode: 200, body: JSON.stringify(config) };
};
