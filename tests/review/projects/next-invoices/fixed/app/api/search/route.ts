import { NextRequest, NextResponse } from "next/server";
import { auth } from "@/lib/auth";
import { prisma } from "@/lib/prisma";

export async function GET(request: NextRequest) {
  const session = await auth();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  const q = request.nextUrl.searchParams.get("q");
  try {
    const rows = await prisma.$queryRaw`SELECT * FROM invoices WHERE owner = ${session.user.id} AND customer LIKE ${"%" + q + "%"}`;
    return NextResponse.json(rows);
  } catch (error) {
    console.error(error);
    return NextResponse.json({ error: "The search failed" }, { status: 500 });
  }
}
