import { run } from './db';
export async function findOrders(city: string) {
  const sql = `SELECT * FROM orders WHERE city = '${city}'`;
  return run(sql);
}
