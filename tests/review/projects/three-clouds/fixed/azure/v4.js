const { app } = require('@azure/functions');
const { resolve4 } = require('dns/promises');

app.http('lookup', {
  methods: ['GET'],
  authLevel: 'function',
  handler: async (request, context) => {
    const name = request.query.get('name') || '';
    if (!/^[a-z0-9.-]{1,253}$/.test(name)) return { status: 400, body: 'This is not a host name' };
    return { jsonBody: await resolve4(name) };
  },
});
