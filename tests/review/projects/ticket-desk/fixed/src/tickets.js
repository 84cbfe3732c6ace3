'use strict';
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, PutCommand, ExecuteStatementCommand } = require('@aws-sdk/lib-dynamodb');
const { randomUUID } = require('crypto');

const doc = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TICKETS_TABLE;

const reply = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'Access-Control-Allow-Origin': 'https://desk.example.com' },
  body: JSON.stringify(body),
});

module.exports.create = async (event) => {
  try {
    const { subject, text } = JSON.parse(event.body);
    const owner = event.requestContext.authorizer.jwt.claims.sub;
    const item = { id: randomUUID(), status: 'open', owner, subject: String(subject), text: String(text) };
    await doc.send(new PutCommand({ TableName, Item: item }));
    return reply(201, item);
  } catch (err) {
    console.error(err.message);
    return reply(500, { message: 'The ticket was not made' });
  }
};

module.exports.search = async (event) => {
  const { status } = event.queryStringParameters || {};
  const owner = event.requestContext.authorizer.jwt.claims.sub;
  const out = await doc.send(new ExecuteStatementCommand({
    Statement: `SELECT * FROM "${TableName}" WHERE status = ? AND owner = ?`,
    Parameters: [String(status), owner],
  }));
  return reply(200, out.Items);
};
