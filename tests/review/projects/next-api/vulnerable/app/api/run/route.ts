import { NextRequest, NextResponse } from "next/server";
import { execSync } from "child_process";
export async function POST(request: NextRequest) {
	const { domain } = await request.json();
	const output = execSync(`nslookup ${domain}`).toString(); // expect: js-command-injection
	return NextResponse.json({ output });
}
