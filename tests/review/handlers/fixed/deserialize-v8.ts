export async function POST(request: Request) {
  const state = await request.json();
  const items = Array.isArray(state.items) ? state.items : [];
  return Response.json({ size: items.length });
}
