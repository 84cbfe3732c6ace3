const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (c) => ESCAPES[c]);
export default {
  async fetch(request: Request) {
    const who = escapeHtml(new URL(request.url).searchParams.get('who') ?? '');
    const page = `<p>Welcome, ${who}</p>`;
    return new Response(page, { headers: { 'content-type': 'text/html' } });
  },
};
