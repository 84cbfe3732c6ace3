import { Pool } from 'pg';
const pool = new Pool();
export const handler = async (event) => {
  const id = event.pathParameters.id;
  const sql = 'SELECT * FROM orders WHERE id = ' + id;
  const { rows } = await pool.query(sql); // expect: js-sql-injection
  return { statusCode: 200, body: JSON.stringify(rows) };
};
