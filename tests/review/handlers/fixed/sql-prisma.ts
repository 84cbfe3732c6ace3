import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function GET(request: Request) {
  const email = new URL(request.url).searchParams.get('email');
  const users = await prisma.$queryRaw`SELECT * FROM "User" WHERE email = ${email}`;
  return Response.json(users);
}
