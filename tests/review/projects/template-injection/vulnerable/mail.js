const ejs = require("ejs");
exports.handler = async (event) => {
	const { template, name } = JSON.parse(event.body);
	const html = ejs.render(template, { name }); // expect: js-code-injection
	return { statusCode: 200, headers: { "Content-Type": "text/html" }, body: html };
};
