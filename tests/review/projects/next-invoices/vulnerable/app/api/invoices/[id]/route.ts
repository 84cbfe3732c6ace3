import { NextResponse } from "next/server";
import { prisma } from "@/lib/prisma";

export async function GET(_request: Request, { params }: { params: { id: string } }) {
  const invoice = await prisma.invoice.findUnique({ where: { id: Number(params.id) } });
  return NextResponse.json(invoice);
}

export async function DELETE(_request: Request, { params }: { params: { id: string } }) {
  await prisma.invoice.delete({ where: { id: Number(params.id) } }); // expect: js-missing-authorization
  return new Response(null, { status: 204 });
}

export async function PATCH(request: Request, { params }: { params: { id: string } }) {
  const data = await request.json();
  const invoice = await prisma.invoice.update({ where: { id: Number(params.id) }, data }); // expect: js-mass-assignment
  return NextResponse.json(invoice);
}
