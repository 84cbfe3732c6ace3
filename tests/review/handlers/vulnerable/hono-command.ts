import { Hono } from 'hono';
import { execSync } from 'child_process';
const app = new Hono();
app.get('/lookup', (c) => {
  const domain = c.req.query('domain');
  const out = execSync('dig +short ' + domain).toString(); // expect: js-command-injection
  return c.json({ out });
});
export default app;
