export default {
  async fetch(request: Request) {
    const who = new URL(request.url).searchParams.get('who');
    const page = `<p>Welcome, ${who}</p>`;
    return new Response(page, { headers: { 'content-type': 'text/html' } }); // expect: js-html-injection
  },
};
