export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const city = searchParams.get('city');
    const { results } = await env.DB.prepare('SELECT * FROM shops WHERE city = ?').bind(city).all();
    return Response.json(results);
  },
};
