const EMAIL = /^[^@\s]{1,64}@[^@\s]{1,255}$/;
export async function POST(request: Request) {
  const { email } = await request.json();
  return Response.json({ valid: EMAIL.test(email) });
}
