import { createPool } from 'mysql2/promise';
const pool = createPool({
  host: process.env.DB_HOST,
  user: 'app',
  password: 'Tr0ub4dor&3x', // expect: js-hardcoded-secret
});
export const list = async () => (await pool.query('SELECT id FROM items'))[0];
