import { NextResponse } from "next/server";
import { auth } from "@/lib/auth";
import { prisma } from "@/lib/prisma";

export async function GET(_request: Request, { params }: { params: { id: string } }) {
  const session = await auth();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  const invoice = await prisma.invoice.findFirst({ where: { id: Number(params.id), ownerId: session.user.id } });
  return NextResponse.json(invoice);
}

export async function DELETE(_request: Request, { params }: { params: { id: string } }) {
  const session = await auth();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  await prisma.invoice.deleteMany({ where: { id: Number(params.id), ownerId: session.user.id } });
  return new Response(null, { status: 204 });
}

export async function PATCH(request: Request, { params }: { params: { id: string } }) {
  const session = await auth();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  const { note } = await request.json();
  await prisma.invoice.updateMany({ where: { id: Number(params.id), ownerId: session.user.id }, data: { note: String(note) } });
  return new Response(null, { status: 204 });
}
