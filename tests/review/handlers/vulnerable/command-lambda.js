const { exec } = require('child_process');
exports.handler = async (event) => {
  const { host } = event.queryStringParameters;
  return new Promise((resolve) => {
    exec(`ping -c 1 ${host}`, (error, stdout) => resolve({ statusCode: 200, body: stdout })); // expect: js-command-injection
  });
};
