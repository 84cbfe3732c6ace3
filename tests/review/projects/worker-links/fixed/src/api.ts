import { Hono } from "hono";
import { cors } from "hono/cors";
import { setCookie } from "hono/cookie";
import { sign } from "hono/jwt";

type Bindings = { DB: D1Database; JWT_SECRET: string };
const app = new Hono<{ Bindings: Bindings }>();
app.use("*", cors({ origin: "https://links.example.com", credentials: true }));

app.post("/login", async (c) => {
  const { email } = await c.req.json();
  const user = await c.env.DB.prepare("SELECT * FROM users WHERE email = ?").bind(String(email)).first();
  const token = await sign({ sub: user!.id, exp: Math.floor(Date.now() / 1000) + 900 }, c.env.JWT_SECRET);
  setCookie(c, "token", token, { httpOnly: true, secure: true, sameSite: "Strict" });
  return c.json({ ok: true });
});

app.onError((err, c) => {
  console.error(err.message);
  return c.json({ message: "failed" }, 500);
});

export default app;
