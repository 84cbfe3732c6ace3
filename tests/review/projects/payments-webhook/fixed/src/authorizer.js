const jwt = require('jsonwebtoken');

exports.handler = async (event) => {
  const token = event.authorizationToken;
  try {
    const decoded = jwt.verify(token, process.env.PUBLIC_KEY, { algorithms: ['RS256'], audience: 'pay', issuer: 'https://login.example.com' });
    return {
      principalId: decoded.sub,
      policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }] },
    };
  } catch (err) {
    throw new Error('Unauthorized');
  }
};
