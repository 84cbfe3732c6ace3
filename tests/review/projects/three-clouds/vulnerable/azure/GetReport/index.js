const sql = require('mssql');
const { DefaultAzureCredential } = require('@azure/identity');

module.exports = async function (context, req) {
  const pool = await sql.connect({ server: 'reports.database.windows.net', user: 'sa', password: 'Harbor#Violet92', options: { encrypt: false, trustServerCertificate: true } }); // expect: js-hardcoded-secret
  const result = await pool.request().query(`SELECT * FROM reports WHERE name = '${req.query.name || req.body.name}'`); // expect: js-sql-injection
  context.res = { body: result.recordset };
};
