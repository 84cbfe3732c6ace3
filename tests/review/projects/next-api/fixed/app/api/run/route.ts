import { NextRequest, NextResponse } from "next/server";
import { resolve4 } from "dns/promises";
export async function POST(request: NextRequest) {
	const { domain } = await request.json();
	return NextResponse.json({ output: await resolve4(String(domain)) });
}
