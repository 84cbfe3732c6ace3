// A real provider (npm oidc-provider) on a port of this machine, with keys and a hook over its token answers that the test
// controls. Every forged token below starts from one that the provider itself made.
import http from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

export const clients = {
  shop: { client_id: 'shop', client_secret: 'a secret: of %20 odd letters', redirect_uris: ['https://shop.example/_ward/auth/oidc/test/callback'] },
  other: { client_id: 'other', client_secret: 'b'.repeat(40), redirect_uris: ['https://other.example/callback'] },
  open: { client_id: 'open', redirect_uris: ['https://open.example/callback'], token_endpoint_auth_method: 'none' },
};

export function newKey(kid, kind = 'rsa') {
  const pair = kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, ...pair, jwk: { ...pair.privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: kind === 'rsa' ? 'RS256' : 'ES256' } };
}

/** Starts it; `tamper(idToken)` sees each ID token on its way out. */
export async function startProvider({ port = 0, keys, idTokenTtl = 3600, own = Object.values(clients), emailVerified = () => true }) {
  const hook = { tamper: null };
  const server = http.createServer();
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: own.map((c) => ({ ...c, id_token_signed_response_alg: keys[0].jwk.alg })),
    jwks: { keys: keys.map((k) => k.jwk) },
    cookies: { keys: ['for a test only'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    ttl: { IdToken: idTokenTtl, AuthorizationCode: 60, AccessToken: 60, Grant: 600, Interaction: 60, Session: 600 },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, email: `${id}@example.org`, email_verified: emailVerified() }) }),
  });
  // Whoever comes is Rosalind and consents.
  provider.use(async (ctx, next) => {
    if (ctx.path.startsWith('/interaction/')) {
      const { prompt, params, session, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
      const result = {};
      if (prompt.name === 'login') result.login = { accountId: 'rosalind' };
      else {
        const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
        grant.addOIDCScope(params.scope);
        result.consent = { grantId: await grant.save() };
      }
      ctx.respond = false;
      await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
      return;
    }
    await next();
    if (ctx.path === '/token' && hook.tamper && ctx.body?.id_token) ctx.body.id_token = hook.tamper(ctx.body.id_token);
  });
  server.on('request', provider.callback());
  return { issuer, hook, port: server.address().port, stop: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }) };
}

/** A browser: follows redirects with cookies until one leaves the provider; returns its query. */
export async function browse(url) {
  const jar = new Map();
  const home = new URL(url).origin;
  for (let hops = 0; hops < 12; hops++) {
    const ask = () => fetch(url, { redirect: 'manual', headers: { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') } });
    const answer = await ask().catch(ask); // once more: a kept connection may be of a provider that was restarted
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const to = answer.headers.get('location');
    if (!to) throw new Error(`${answer.status} at ${url}: ${(await answer.text()).slice(0, 300)}`);
    url = new URL(to, url).href;
    if (new URL(url).origin !== home) return Object.fromEntries(new URL(url).searchParams);
  }
  throw new Error('too many redirects');
}
