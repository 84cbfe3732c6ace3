const EMAIL = /^([a-zA-Z0-9]+[._-]?)+@[a-z]+\.[a-z]+$/; // expect: js-blowing-regex
export async function POST(request: Request) {
  const { email } = await request.json();
  return Response.json({ valid: EMAIL.test(email) });
}
