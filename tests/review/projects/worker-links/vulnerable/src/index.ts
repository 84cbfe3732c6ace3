import { stats } from "./stats";

export interface Env {
  DB: D1Database;
  PAGES: KVNamespace;
  ADMIN_TOKEN: string;
}

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const url = new URL(request.url);
    const headers = {
      "Access-Control-Allow-Origin": request.headers.get("Origin") ?? "*", // expect: js-cors-credentials
      "Access-Control-Allow-Credentials": "true",
    };
    try {
      if (url.pathname === "/create" && request.method === "POST") {
        const { target } = (await request.json()) as { target: string };
        const slug = Math.random().toString(36).substring(2, 8);
        await env.DB.prepare("INSERT INTO links (slug, target) VALUES ('" + slug + "', '" + target + "')").run(); // expect: js-sql-injection
        return Response.json({ slug }, { headers });
      }
      if (url.pathname === "/admin/delete") {
        const id = url.searchParams.get("id");
        await env.DB.exec(`DELETE FROM links WHERE id = ${id}`); // expect: js-sql-injection
        return new Response("gone", { headers });
      }
      if (url.pathname === "/stats") return stats(request, env);
      if (url.pathname === "/go") return Response.redirect(url.searchParams.get("to")!, 302); // expect: js-open-redirect
      if (url.pathname === "/proxy") {
        const upstream = url.searchParams.get("u")!;
        return fetch(upstream, request); // expect: js-ssrf
      }
      const name = url.searchParams.get("name") || "stranger";
      return new Response(`<html><body>Hello ${name}</body></html>`, { headers: { ...headers, "content-type": "text/html" } }); // expect: js-html-injection
    } catch (e) {
      return new Response((e as Error).stack, { status: 500 }); // expect: js-verbose-error
    }
  },
};
