"use strict";
module.exports.calculate = async (event) => {
	const { a, b } = JSON.parse(event.body);
	return { statusCode: 200, body: JSON.stringify({ result: Number(a) + Number(b) }) };
};
