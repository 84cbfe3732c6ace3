'use strict';
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, PutCommand, ScanCommand, DeleteCommand, ExecuteStatementCommand } = require('@aws-sdk/lib-dynamodb');
const { v4: uuid } = require('uuid');

const doc = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TICKETS_TABLE;

const reply = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Credentials': true },
  body: JSON.stringify(body), // expect: js-verbose-error
});

module.exports.create = async (event) => {
  try {
    const data = JSON.parse(event.body);
    const item = { id: uuid(), status: 'open', ...data };
    await doc.send(new PutCommand({ TableName, Item: item })); // expect: js-mass-assignment
    return reply(201, item);
  } catch (err) {
    return reply(500, { message: err.message, stack: err.stack });
  }
};

module.exports.search = async (event) => {
  const { status, owner } = event.queryStringParameters || {};
  try {
    const out = await doc.send(new ExecuteStatementCommand({ // expect: js-sql-injection
      Statement: `SELECT * FROM "${TableName}" WHERE status = '${status}' AND owner = '${owner}'`,
    }));
    return reply(200, out.Items);
  } catch (err) {
    console.error(err);
    return reply(500, err);
  }
};

module.exports.remove = async (event) => {
  console.log('request', JSON.stringify(event.headers), process.env); // expect: js-environment-shown
  await doc.send(new DeleteCommand({ TableName, Key: { id: event.pathParameters.id } })); // expect: js-missing-authorization
  return reply(204);
};
