export async function GET() {
  const response = await fetch('https://internal.example.com/health');
  return new Response(await response.text());
}
