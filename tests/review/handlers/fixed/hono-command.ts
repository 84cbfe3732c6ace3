import { Hono } from 'hono';
import { resolve4 } from 'dns/promises';
const app = new Hono();
app.get('/lookup', async (c) => {
  const out = await resolve4(c.req.query('domain') ?? '');
  return c.json({ out });
});
export default app;
