const libxmljs = require("libxmljs");
exports.handler = async (event) => {
	const doc = libxmljs.parseXml(event.body, { noent: true, dtdload: true }); // expect: js-xml-entities
	return { statusCode: 200, body: doc.get("//name").text() };
};
