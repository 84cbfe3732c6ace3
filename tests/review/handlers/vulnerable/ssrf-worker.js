addEventListener('fetch', (event) => {
  event.respondWith(proxy(event.request));
});
async function proxy(request) {
  const target = new URL(request.url).searchParams.get('target');
  return fetch('http://' + target + '/status'); // expect: js-ssrf
}
