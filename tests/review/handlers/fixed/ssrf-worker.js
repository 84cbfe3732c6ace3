const TARGETS = { eu: 'https://eu.example.com', us: 'https://us.example.com' };
addEventListener('fetch', (event) => {
  event.respondWith(proxy(event.request));
});
async function proxy(request) {
  const region = new URL(request.url).searchParams.get('region');
  const base = TARGETS[region];
  if (!base) return new Response('unknown region', { status: 400 });
  return fetch(base + '/status');
}
