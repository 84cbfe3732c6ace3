const jwt = require("jsonwebtoken");
module.exports.authorizer = async (event) => {
	const decoded = jwt.verify(event.authorizationToken, process.env.JWT_KEY, { algorithms: ["HS256"] });
	return { principalId: decoded.sub, policyDocument: { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: event.methodArn }] } };
};
