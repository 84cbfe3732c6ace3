const yaml = require("js-yaml");
exports.handler = async (event) => {
	const config = yaml.load(event.body, { schema: yaml.JSON_SCHEMA });
	return { statusCode: 200, body: JSON.stringify(config) };
};
