import { Hono } from "hono";
import { cors } from "hono/cors";
import { setCookie } from "hono/cookie";
import { sign, verify } from "hono/jwt";

const app = new Hono<{ Bindings: { DB: D1Database } }>();
app.use("*", cors({ origin: (origin) => origin, credentials: true })); // expect: js-cors-any-origin

app.post("/login", async (c) => {
  const { email } = await c.req.json();
  const user = await c.env.DB.prepare(`SELECT * FROM users WHERE email = '${email}'`).first(); // expect: js-sql-injection
  const token = await sign({ sub: user!.id }, "links-jwt-secret"); // expect: js-jwt-secret
  setCookie(c, "token", token); // expect: js-cookie-flags
  return c.json({ token });
});

app.get("/page/:id", async (c) => {
  return c.html(`<h1>${c.req.param("id")}</h1>`); // expect: js-html-injection
});

app.get("/fetch", async (c) => {
  const res = await fetch(c.req.query("url")!); // expect: js-ssrf
  return c.body(await res.text());
});

app.onError((err, c) => c.json({ message: err.message, stack: err.stack }, 500)); // expect: js-verbose-error

export default app;
