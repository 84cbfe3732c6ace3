const { app } = require('@azure/functions');
const { execSync } = require('child_process');

app.http('lookup', {
  methods: ['GET', 'POST'],
  authLevel: 'anonymous', // expect: js-anonymous-trigger
  handler: async (request, context) => {
    const name = request.query.get('name') || (await request.text());
    return { body: execSync(`dig +short ${name}`).toString() }; // expect: js-command-injection
  },
});
