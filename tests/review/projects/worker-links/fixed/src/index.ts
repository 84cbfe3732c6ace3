export interface Env {
  DB: D1Database;
  ADMIN_TOKEN: string;
}

async function allowed(request: Request, env: Env): Promise<boolean> {
  const encoder = new TextEncoder();
  const given = await crypto.subtle.digest("SHA-256", encoder.encode(request.headers.get("authorization") ?? ""));
  const known = await crypto.subtle.digest("SHA-256", encoder.encode(`Bearer ${env.ADMIN_TOKEN}`));
  return crypto.subtle.timingSafeEqual(given, known);
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    try {
      if (url.pathname === "/create" && request.method === "POST") {
        if (!(await allowed(request, env))) return new Response("no", { status: 401 });
        const { target } = (await request.json()) as { target: string };
        const slug = crypto.randomUUID();
        await env.DB.prepare("INSERT INTO links (slug, target) VALUES (?, ?)").bind(slug, target).run();
        return Response.json({ slug });
      }
      if (url.pathname === "/admin/delete") {
        if (!(await allowed(request, env))) return new Response("no", { status: 401 });
        await env.DB.prepare("DELETE FROM links WHERE id = ?").bind(Number(url.searchParams.get("id"))).run();
        return new Response("gone");
      }
      const found = await env.DB.prepare("SELECT target FROM links WHERE slug = ?").bind(url.pathname.slice(1)).first<{ target: string }>();
      if (!found) return new Response("not found", { status: 404 });
      return Response.redirect(found.target, 302);
    } catch (e) {
      console.error(e);
      return new Response("failed", { status: 500 });
    }
  },
};
