const jwt = require("jsonwebtoken");
module.exports.authorizer = async (event) => {
	const decoded = jwt.decode(event.authorizationToken); // expect: js-jwt-decode
	return { principalId: decoded.sub, policyDocument: { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: event.methodArn }] } };
};
