import { Pool } from 'pg';
const pool = new Pool();
export const run = (sql: string) => pool.query(sql); // expect: js-sql-injection
