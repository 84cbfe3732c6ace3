exports.handler = async () => {
	return { statusCode: 200, body: JSON.stringify({ stage: process.env.STAGE }) };
};
