const mysql = require("mysql2/promise");
let connection;
exports.handler = async (event) => {
	connection = connection || (await mysql.createConnection({ host: process.env.DB_HOST, user: process.env.DB_USER, password: process.env.DB_PASSWORD }));
	const name = event.queryStringParameters && event.queryStringParameters.name;
	const [rows] = await connection.execute("SELECT id, name FROM employees WHERE name LIKE ?", [`%${name}%`]);
	return { statusCode: 200, body: JSON.stringify(rows) };
};
