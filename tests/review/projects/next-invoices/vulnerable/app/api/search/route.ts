import { NextRequest, NextResponse } from "next/server";
import { prisma } from "@/lib/prisma";

export async function GET(request: NextRequest) {
  const q = request.nextUrl.searchParams.get("q");
  const order = request.nextUrl.searchParams.get("order") ?? "id";
  try {
    const rows = await prisma.$queryRawUnsafe(`SELECT * FROM invoices WHERE customer LIKE '%${q}%' ORDER BY ${order}`); // expect: js-sql-injection
    return NextResponse.json(rows);
  } catch (error: any) {
    return NextResponse.json({ error: error.message, stack: error.stack }, { status: 500 }); // expect: js-verbose-error
  }
}
