const ejs = require("ejs");
const template = "<p>Hello <%= name %></p>";
exports.handler = async (event) => {
	const { name } = JSON.parse(event.body);
	const html = ejs.render(template, { name });
	return { statusCode: 200, headers: { "Content-Type": "text/html" }, body: html };
};
