'use server';
import { pool } from '@/lib/db';
export async function rename(formData: FormData) {
  const name = formData.get('name');
  await pool.query(`UPDATE projects SET name = '${name}'`); // expect: js-sql-injection
}
