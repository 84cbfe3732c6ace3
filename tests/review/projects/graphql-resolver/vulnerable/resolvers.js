const { Pool } = require("pg");
const pool = new Pool();
exports.handler = async (event) => {
	const { id, sort } = event.arguments;
	const result = await pool.query(`SELECT * FROM posts WHERE author = ${id} ORDER BY ${sort}`); // expect: js-sql-injection
	return result.rows;
};
