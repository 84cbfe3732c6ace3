import type { Env } from "./index";

export async function stats(request: Request, env: Env): Promise<Response> {
  const token = request.headers.get("x-token");
  if (token == env.ADMIN_TOKEN) {
    const body = await request.json<{ column: string; formula: string }>();
    const { results } = await env.DB.prepare(`SELECT ${body.column}, count(*) AS n FROM links GROUP BY 1`).all(); // expect: js-sql-injection
    const scale = new Function("n", "return " + body.formula); // expect: js-code-injection
    return Response.json(results.map((row: any) => scale(row.n)));
  }
  return new Response("no", { status: 403 });
}
