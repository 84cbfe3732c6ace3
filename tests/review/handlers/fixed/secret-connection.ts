import { createPool } from 'mysql2/promise';
const pool = createPool({
  host: process.env.DB_HOST,
  user: 'app',
  password: process.env.DB_PASSWORD,
});
export const list = async () => (await pool.query('SELECT id FROM items'))[0];
