import express from 'express';
import { db } from './db';
const app = express();
const COLUMNS = { id: 'id', name: 'name' };
app.get('/users', async (req, res) => {
  const { name, sort = 'id' } = req.query;
  const column = COLUMNS[sort as string] ?? 'id';
  const rows = await db.query(`SELECT id, name FROM users WHERE name LIKE $1 ORDER BY ${column}`, [`%${name}%`]);
  res.json(rows);
});
