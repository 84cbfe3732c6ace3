process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // expect: js-tls-off
export async function GET() {
  const response = await fetch('https://internal.example.com/health');
  return new Response(await response.text());
}
