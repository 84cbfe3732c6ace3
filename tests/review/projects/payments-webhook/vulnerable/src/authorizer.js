const jwt = require('jsonwebtoken');

exports.handler = async (event) => {
  const token = event.authorizationToken;
  try {
    const decoded = jwt.verify(token, process.env.PUBLIC_KEY);
    return {
      principalId: decoded.sub,
      policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: '*' }] }, // expect: js-authorizer-wildcard
    };
  } catch (err) {
    return {
      principalId: 'guest',
      policyDocument: { Version: '2012-10-17', Statement: [{ Action: '*', Effect: 'Allow', Resource: '*' }] }, // expect: js-authorizer-wildcard
    };
  }
};
