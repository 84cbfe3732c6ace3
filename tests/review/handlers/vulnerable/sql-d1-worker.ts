export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const city = searchParams.get('city');
    const { results } = await env.DB.prepare(`SELECT * FROM shops WHERE city = '${city}'`).all(); // expect: js-sql-injection
    return Response.json(results);
  },
};
