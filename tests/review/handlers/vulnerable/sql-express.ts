import express from 'express';
import { db } from './db';
const app = express();
app.get('/users', async (req, res) => {
  const { name, sort = 'id' } = req.query;
  const rows = await db.query(`SELECT id, name FROM users WHERE name LIKE '%${name}%' ORDER BY ${sort}`); // expect: js-sql-injection
  res.json(rows);
});
