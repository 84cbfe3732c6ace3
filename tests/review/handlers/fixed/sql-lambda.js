import { Pool } from 'pg';
const pool = new Pool();
export const handler = async (event) => {
  const id = event.pathParameters.id;
  const { rows } = await pool.query('SELECT * FROM orders WHERE id = $1', [id]);
  return { statusCode: 200, body: JSON.stringify(rows) };
};
