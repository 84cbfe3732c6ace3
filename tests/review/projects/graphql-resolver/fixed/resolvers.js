const { Pool } = require("pg");
const pool = new Pool();
exports.handler = async (event) => {
	const sort = event.arguments.sort === "title" ? "title" : "created";
	const result = await pool.query(`SELECT * FROM posts WHERE author = $1 ORDER BY ${sort}`, [event.arguments.id]);
	return result.rows;
};
