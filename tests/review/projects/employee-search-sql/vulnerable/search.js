const mysql = require("mysql2/promise");
let connection;
exports.handler = async (event) => {
	connection = connection || (await mysql.createConnection({ host: process.env.DB_HOST, user: process.env.DB_USER, password: process.env.DB_PASSWORD }));
	const name = event.queryStringParameters && event.queryStringParameters.name;
	const sql = "SELECT id, name, salary FROM employees WHERE name LIKE '%" + name + "%'";
	const [rows] = await connection.execute(sql); // expect: js-sql-injection
	return { statusCode: 200, body: JSON.stringify(rows) };
};
