import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function GET(request: Request) {
  const email = new URL(request.url).searchParams.get('email');
  const users = await prisma.$queryRawUnsafe(`SELECT * FROM "User" WHERE email = '${email}'`); // expect: js-sql-injection
  return Response.json(users);
}
