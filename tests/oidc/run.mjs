// The OIDC client against a real provider, honest and forged. run.mjs DRIVER
import { createHmac, createSign, sign } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';

let provider;
try {
  provider = await import('./provider.mjs');
} catch (why) {
  if (why.code !== 'ERR_MODULE_NOT_FOUND') throw why;
  console.log('skipped: npm oidc-provider is not installed (scripts/setup tests)');
  process.exit(77);
}
const { startProvider, browse, newKey, clients } = provider;

class Driver {
  constructor() {
    this.child = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  async ask(message) {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    return JSON.parse((await this.lines.next()).value);
  }
  async use(issuer, client) {
    const c = clients[client];
    const answer = await this.ask({ op: 'provider', issuer, client_id: c.client_id, client_secret: c.client_secret, redirect_uri: c.redirect_uris[0] });
    assert.deepEqual(answer, {});
  }
  /** One whole sign-in; `change` may edit what the browser brings back. */
  async signIn(change = (query) => query, extra = {}) {
    const { url, error } = await this.ask({ op: 'start' });
    if (error) return { error };
    const query = change(await browse(url));
    return this.ask({ op: 'finish', code: query.code, iss: query.iss, error: query.error, ...extra });
  }
  stop() {
    this.child.stdin.end();
  }
}

const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
const open = (token) => token.split('.').slice(0, 2).map((p) => JSON.parse(Buffer.from(p, 'base64url')));
/** The same claims with some changed, signed again by a key. */
function resign(token, key, claims = {}, header = {}) {
  const [oldHeader, oldClaims] = open(token);
  const body = `${part({ ...oldHeader, kid: key.kid, ...header })}.${part({ ...oldClaims, ...claims })}`;
  return `${body}.${createSign('RSA-SHA256').update(body).sign(key.privateKey, 'base64url')}`;
}

const results = [];
async function check(name, work) {
  try {
    await work();
    results.push(true);
    console.log(`ok      ${name}`);
  } catch (why) {
    results.push(false);
    console.log(`FAILED  ${name}\n${why.stack}`);
  }
}
const refused = (answer, reason) => {
  assert.ok(answer.error, `was accepted: ${JSON.stringify(answer)}`);
  assert.match(answer.error, reason);
};

const first = newKey('first');
let op = await startProvider({ keys: [first] });
const d = new Driver();
await d.use(op.issuer, 'shop');

await check('a sign-in gives subject and address', async () => {
  assert.deepEqual(await d.signIn(), { subject: 'rosalind', email: 'rosalind@example.org', email_verified: true });
});
await check('the request has PKCE, nonce and state, none of them twice', async () => {
  const queries = [(await d.ask({ op: 'start' })).url, (await d.ask({ op: 'start' })).url].map((u) => new URL(u).searchParams);
  for (const q of queries) assert.equal(q.get('code_challenge_method'), 'S256');
  for (const name of ['code_challenge', 'nonce']) assert.notEqual(queries[0].get(name), queries[1].get(name));
  assert.equal(queries[0].get('state'), 'the-state');
});
await check('a public client needs no secret', async () => {
  const e = new Driver();
  await e.use(op.issuer, 'open');
  assert.equal((await e.signIn()).subject, 'rosalind');
  e.stop();
});
await check('a code that was used is refused', async () => {
  const { url } = await d.ask({ op: 'start' });
  const query = await browse(url);
  assert.equal((await d.ask({ op: 'finish', ...query })).subject, 'rosalind');
  refused(await d.ask({ op: 'finish', ...query }), /answered 400/);
});
await check('a code of another sign-in is refused by its verifier', async () => {
  const stolen = await browse((await d.ask({ op: 'start' })).url);
  refused(await d.signIn(() => stolen), /answered 400/);
});
await check('a code of another client is refused', async () => {
  const e = new Driver();
  await e.use(op.issuer, 'other');
  const stolen = await browse((await e.ask({ op: 'start' })).url);
  refused(await d.signIn(() => stolen), /answered 400/);
  e.stop();
});
await check('an answer of another issuer is refused (mix-up)', async () => {
  refused(await d.signIn((q) => ({ ...q, iss: 'https://evil.example' })), /another provider/);
  refused(await d.signIn(({ code }) => ({ code })), /another provider/);
});
await check('a refusal of the provider is passed on', async () => {
  refused(await d.signIn((q) => ({ iss: q.iss, error: 'access_denied' })), /access_denied/);
});

let seen = [];
op.hook.tamper = (token) => (seen.push(token), token);
await d.signIn();
const earlier = seen[0];
await check('a token of an earlier sign-in is refused (nonce)', async () => {
  op.hook.tamper = () => earlier;
  refused(await d.signIn(), /nonce/);
});
await check('a token for another client is refused (audience)', async () => {
  const e = new Driver();
  op.hook.tamper = (token) => (seen.push(token), token);
  await e.use(op.issuer, 'other');
  await e.signIn();
  const theirs = seen.at(-1);
  op.hook.tamper = () => theirs;
  refused(await d.signIn(), /another client/);
  e.stop();
});
await check('several audiences need the authorized party', async () => {
  op.hook.tamper = (token) => resign(token, first, { aud: ['shop', 'other'] });
  refused(await d.signIn(), /another client/);
  op.hook.tamper = (token) => resign(token, first, { aud: ['shop', 'other'], azp: 'other' });
  refused(await d.signIn(), /another client/);
  op.hook.tamper = (token) => resign(token, first, { aud: ['shop', 'other'], azp: 'shop' });
  assert.equal((await d.signIn()).subject, 'rosalind');
});
await check('an expired token is refused', async () => {
  op.hook.tamper = null;
  refused(await d.signIn(undefined, { later_s: 7200 }), /expired/);
  op.hook.tamper = (token) => resign(token, first, { exp: undefined });
  refused(await d.signIn(), /times/);
  op.hook.tamper = (token) => resign(token, first, { iat: Math.floor(Date.now() / 1000) + 600 });
  refused(await d.signIn(), /not valid yet/);
});
await check('a token of another issuer is refused', async () => {
  op.hook.tamper = (token) => resign(token, first, { iss: 'https://evil.example' });
  refused(await d.signIn(), /another issuer/);
});
await check('alg none is refused in every spelling', async () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
    op.hook.tamper = (token) => `${part({ alg })}.${token.split('.')[1]}.`;
    refused(await d.signIn(), /not accepted/);
  }
});
await check('key confusion: HMAC with the public key is refused', async () => {
  for (const secret of [first.publicKey.export({ type: 'spki', format: 'pem' }), first.publicKey.export({ type: 'spki', format: 'der' })]) {
    op.hook.tamper = (token) => {
      const body = `${part({ alg: 'HS256', kid: 'first' })}.${token.split('.')[1]}`;
      return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
    };
    refused(await d.signIn(), /HS256/);
  }
});
await check('a key in the token is not looked at', async () => {
  const evil = newKey('evil');
  const jwk = evil.publicKey.export({ format: 'jwk' });
  op.hook.tamper = (token) => resign(token, evil, { sub: 'admin' }, { jwk, kid: 'evil' });
  refused(await d.signIn(), /key/);
  op.hook.tamper = (token) => resign(token, evil, { sub: 'admin' }, { jwk, kid: 'first' });
  refused(await d.signIn(), /signature/);
});
await check('a key of another kind under a known name is refused', async () => {
  const evil = newKey('first', 'ec');
  op.hook.tamper = (token) => {
    const body = `${part({ alg: 'ES256', kid: 'first' })}.${token.split('.')[1]}`;
    return `${body}.${sign('sha256', Buffer.from(body), { key: evil.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  refused(await d.signIn(), /key/);
});
await check('changed claims and cut signatures are refused', async () => {
  op.hook.tamper = (token) => {
    const [h, , s] = token.split('.');
    return `${h}.${part({ ...open(token)[1], sub: 'admin' })}.${s}`;
  };
  refused(await d.signIn(), /signature/);
  op.hook.tamper = (token) => token.split('.').slice(0, 2).join('.');
  refused(await d.signIn(), /three parts/);
  op.hook.tamper = (token) => `${token.slice(0, -8)}`;
  refused(await d.signIn(), /signature/);
  op.hook.tamper = (token) => resign(token, first, {}, { crit: ['b64'], b64: false });
  refused(await d.signIn(), /critical/);
});

await check('rotated keys are found, and old ones no longer taken', async () => {
  const port = op.port;
  op.hook.tamper = null;
  assert.equal((await d.signIn()).subject, 'rosalind');
  await op.stop();
  const second = newKey('second');
  op = await startProvider({ port, keys: [second] });
  // The keys are from a moment ago: an unknown one makes us ask again, but not more often than every ten seconds.
  assert.equal((await d.signIn(undefined, { later_s: 30 })).subject, 'rosalind');
  op.hook.tamper = (token) => resign(token, first);
  refused(await d.signIn(undefined, { later_s: 60 }), /not the issuer's/);
});
await check('ES256 works as well', async () => {
  const port = op.port;
  await op.stop();
  op = await startProvider({ port, keys: [newKey('third', 'ec')] });
  assert.deepEqual(await d.signIn(undefined, { later_s: 120 }), { subject: 'rosalind', email: 'rosalind@example.org', email_verified: true });
});
await check('a discovery document that names another issuer is refused', async () => {
  const e = new Driver();
  await e.use(op.issuer.replace('127.0.0.1', 'localhost'), 'shop');
  refused(await e.signIn(), /by another name/);
  e.stop();
});
await check('a provider that is gone is an error, not a wait', async () => {
  await op.stop();
  const e = new Driver();
  await e.use(op.issuer, 'shop');
  refused(await e.signIn(), /answered 0/);
  e.stop();
});
d.stop();
console.log(`oidc: ${results.filter(Boolean).length} of ${results.length}`);
process.exit(results.every(Boolean) ? 0 : 1);
