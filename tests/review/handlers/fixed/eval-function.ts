export async function POST(request: Request) {
  const { field, value, rows } = await request.json();
  const allowed = ['name', 'city'];
  if (!allowed.includes(field)) return new Response('bad field', { status: 400 });
  return Response.json(rows.filter((row: Record<string, unknown>) => row[field] === value));
}
