"use strict";
module.exports.calculate = async (event) => {
	const expression = JSON.parse(event.body).expression;
	const result = eval(expression); // expect: js-code-injection
	return { statusCode: 200, body: JSON.stringify({ result }) };
};
