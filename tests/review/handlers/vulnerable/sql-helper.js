const mysql = require('mysql2/promise');
async function findOrder(connection, ref) {
  return connection.execute("SELECT * FROM orders WHERE ref = '" + ref + "'"); // expect: js-sql-injection
}
exports.handler = async (event) => {
  const body = JSON.parse(event.body);
  const connection = await mysql.createConnection(process.env.DATABASE_URL);
  const [rows] = await findOrder(connection, body.ref);
  return { statusCode: 200, body: JSON.stringify(rows) };
};
