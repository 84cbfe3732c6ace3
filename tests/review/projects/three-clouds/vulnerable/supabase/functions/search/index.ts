import { Pool } from "https://deno.land/x/postgres@v0.17.0/mod.ts";

const pool = new Pool(Deno.env.get("DB_URL"), 1, true);

Deno.serve(async (req) => {
  const { term } = await req.json();
  const connection = await pool.connect();
  const result = await connection.queryObject(`SELECT * FROM notes WHERE body ILIKE '%${term}%'`); // expect: js-sql-injection
  return new Response(JSON.stringify(result.rows), { headers: { "Access-Control-Allow-Origin": "*" } });
});
