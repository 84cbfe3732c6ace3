import { NextRequest } from "next/server";

export async function GET(request: NextRequest) {
  const { searchParams } = new URL(request.url);
  const target = searchParams.get("url")!;
  const upstream = await fetch(target); // expect: js-ssrf
  return new Response(await upstream.text(), { headers: { "content-type": "text/html" } });
}
