// The account pages in a real browser, over the real endpoints: pages.mjs DRIVER
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Gateway } from './gateway.mjs';

const require = createRequire(import.meta.url);
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
let chromium, axe, oidc;
try {
  ({ chromium } = require('playwright-core'));
  axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  oidc = await import('../oidc/provider.mjs');
} catch (why) {
  console.log(`skipped: ${why.message.split('\n')[0]} (scripts/setup tests)`);
  process.exit(77);
}
if (!existsSync(executablePath)) {
  console.log('skipped: there is no Chromium');
  process.exit(77);
}

const EMAIL = 'rosalind@example.org', PASSWORD = 'a quiet harbour';
const shots = process.env.SHOTS;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const results = [];

/** A fresh browser profile; what it logs as an error fails the test, refusals by the endpoints apart. */
async function visit(gateway, path = '/_ward/account/', prepare = async () => {}) {
  const context = await browser.newContext({ viewport: { width: 480, height: 900 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.wrong = [];
  page.on('pageerror', (e) => page.wrong.push(String(e)));
  page.on('console', (m) => m.type() === 'error' && !/status of (4|5)\d\d/.test(m.text()) && page.wrong.push(m.text()));
  page.setDefaultTimeout(20000);
  await prepare(page, context);
  await page.goto(gateway.origin + path);
  return page;
}
async function leave(page) {
  assert.deepEqual(page.wrong, []);
  await page.context().close();
}
const only = process.argv[3]; // a part of a test's name
async function check(name, options, work) {
  if (only && !name.includes(only)) return;
  const gateway = await Gateway.start(process.argv[2], options);
  try {
    await work(gateway);
    results.push(true);
    console.log(`ok      ${name}`);
  } catch (why) {
    results.push(false);
    console.log(`FAILED  ${name}\n${why.stack.replace(/\nBrowser logs:[^]*?\n    at /, '\n    at ')}\n        last refusal: ${gateway.lastReason ?? 'none'}`);
  } finally {
    gateway.stop();
  }
}
async function accessible(page, name) {
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), [], `accessibility of ${name}`);
}
const onAccount = (page) => page.waitForURL('**/account.html');
async function signUp(page) {
  await page.getByRole('button', { name: 'Make an account' }).click();
  await page.locator('#email').fill(EMAIL);
  await page.locator('#password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await onAccount(page);
  await page.getByText(EMAIL).waitFor();
}
async function signIn(page, password = PASSWORD) {
  await page.locator('#email').fill(EMAIL);
  await page.locator('#password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
const signOut = async (page) => {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/_ward/account/');
};
function totp(secret, step = Math.floor(Date.now() / 30000)) {
  const bits = [...secret.replaceAll(' ', '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0');
}
const linkIn = (mail) => mail.body.match(/https?:\S+/)[0];

await check('sign-up, sign-out, sign-in; the cookie cannot be read by the page', {}, async (g) => {
  const page = await visit(g);
  await page.getByRole('heading', { name: 'Sign in to Orchard' }).waitFor();
  await accessible(page, 'sign-in');
  await signUp(page);
  await accessible(page, 'account');
  const [kept] = (await page.context().cookies()).filter((c) => c.name === '__Host-ward_session');
  assert.ok(kept.httpOnly && kept.secure && kept.sameSite === 'Lax' && kept.path === '/');
  assert.equal(await page.evaluate(() => document.cookie), '');
  await signOut(page);
  await signIn(page, 'not this one');
  await page.getByText('the e-mail address or the password is wrong', { exact: false }).or(page.getByText('That was not accepted')).waitFor();
  await signIn(page);
  await onAccount(page);
  await leave(page);
});
await check('a weak password is refused with its reason', {}, async (g) => {
  const page = await visit(g);
  await page.getByRole('button', { name: 'Make an account' }).click();
  await page.locator('#email').fill(EMAIL);
  await page.locator('#password').fill('Passw0rd2024!');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByText('among the first that anyone would try').waitFor();
  await leave(page);
});
await check('an authenticator app and a recovery code', {}, async (g) => {
  const page = await visit(g);
  await signUp(page);
  await page.getByRole('button', { name: 'Add an app' }).click();
  const secret = await page.locator('#totp-secret', { hasText: /\S/ }).textContent();
  await page.locator('#totp-code').fill(totp(secret));
  await page.getByRole('button', { name: 'Turn it on' }).click();
  await page.getByText('10 recovery codes are left').waitFor();
  const codes = await page.locator('#recovery-codes li').allTextContents();
  assert.equal(codes.length, 10);
  await signOut(page);
  await signIn(page);
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
  await accessible(page, 'second-factor');
  await page.locator('#code').fill('000000');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('That was not accepted').waitFor();
  await page.locator('#code').fill(totp(secret, Math.floor(Date.now() / 30000) + 1));
  await page.getByRole('button', { name: 'Go on' }).click();
  await onAccount(page);
  await signOut(page);
  await signIn(page);
  await page.locator('#code').fill(codes[3].toUpperCase());
  await page.getByRole('button', { name: 'Go on' }).click();
  await onAccount(page);
  await page.getByText('9 recovery codes are left').waitFor();
  await leave(page);
});
await check('a passkey by a virtual authenticator', {}, async (g) => {
  const page = await visit(g, '/_ward/account/', async (p, context) => {
    const cdp = await context.newCDPSession(p);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  });
  await signUp(page);
  await page.getByLabel('Name of the new passkey').fill('My laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('The passkey is added.').waitFor();
  await page.getByText('My laptop, added').waitFor();
  await signOut(page);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await onAccount(page);
  const me = await page.evaluate(() => fetch('/_ward/auth/me').then((r) => r.json()));
  assert.deepEqual(me.session.methods, ['passkey']);
  assert.equal(me.session.mfa, true);
  await page.getByRole('button', { name: /^Remove: My laptop/ }).click();
  await page.getByText('My laptop, added').waitFor({ state: 'detached' });
  await signOut(page);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByText('That was not accepted').waitFor();
  await leave(page);
});
await check('a wallet signs in, and only for this site', {}, async (g) => {
  const { address } = await g.tell({ op: 'wallet' });
  const prepare = async (page) => {
    await page.exposeFunction('walletSigns', (message) => g.tell({ op: 'sign', message }).then((r) => r.signature));
    await page.addInitScript((own) => {
      globalThis.ethereum = { request: ({ method, params }) => (method === 'eth_requestAccounts' ? [own] : globalThis.walletSigns(globalThis.changeMessage?.(params[0]) ?? params[0])) };
    }, address);
  };
  const page = await visit(g, '/_ward/account/', prepare);
  await page.getByRole('button', { name: 'Use a wallet' }).click();
  await onAccount(page);
  await page.getByText(`wallet: eip155:${address.toLowerCase()}`).waitFor();
  const first = await page.evaluate(() => fetch('/_ward/auth/me').then((r) => r.json()));
  await signOut(page);
  await page.evaluate(() => (globalThis.changeMessage = (m) => m.replace('Sign in.', 'Give all.')));
  await page.getByRole('button', { name: 'Use a wallet' }).click();
  await page.getByText('That was not accepted').waitFor();
  assert.match(g.lastReason, /not signed by the key/);
  await page.evaluate(() => (globalThis.changeMessage = undefined));
  await page.getByRole('button', { name: 'Use a wallet' }).click();
  await onAccount(page);
  assert.equal((await page.evaluate(() => fetch('/_ward/auth/me').then((r) => r.json()))).user.id, first.user.id);
  await leave(page);
});
await check('a link by mail, and a forgotten password', { mail: true }, async (g) => {
  const page = await visit(g);
  await signUp(page);
  await signOut(page);
  await page.getByRole('button', { name: 'Get a link by e-mail' }).click();
  await accessible(page, 'mail');
  await page.locator('#mail-email').fill(EMAIL);
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await page.goto(linkIn(await g.tell({ op: 'mail' })));
  assert.equal(new URL(page.url()).hash, ''); // gone from the address bar and the history
  await page.getByRole('button', { name: 'Sign in now' }).click();
  await onAccount(page);
  await signOut(page);
  await page.getByRole('button', { name: 'I forgot my password' }).click();
  await page.locator('#mail-email').fill(EMAIL);
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await page.goto(linkIn(await g.tell({ op: 'mail' })));
  await page.getByLabel('New password').fill('a louder harbour');
  await page.getByRole('button', { name: 'Save the new password' }).click();
  await page.waitForURL('**/_ward/account/');
  await signIn(page, 'a louder harbour');
  await onAccount(page);
  await leave(page);
});
await check('a new address is confirmed by its mail and the password', { mail: true, verify: true }, async (g) => {
  const page = await visit(g);
  await page.getByRole('button', { name: 'Make an account' }).click();
  await page.locator('#email').fill(EMAIL);
  await page.locator('#password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await page.goto(linkIn(await g.tell({ op: 'mail' })));
  await page.locator('#verify-password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Confirm the address' }).click();
  await onAccount(page);
  await leave(page);
});
await check('sign-in at a real provider', {}, async (g) => {
  oidc.clients.shop.redirect_uris = [`${g.origin}/_ward/account/callback`];
  const op = await oidc.startProvider({ keys: [oidc.newKey('one')] });
  try {
    await g.open({ provider: { name: 'orchid', issuer: op.issuer, client_id: 'shop', client_secret: oidc.clients.shop.client_secret } });
    const page = await visit(g);
    await page.getByRole('button', { name: 'Use orchid' }).click();
    await onAccount(page);
    await page.getByText(EMAIL).waitFor();
    const me = await page.evaluate(() => fetch('/_ward/auth/me').then((r) => r.json()));
    assert.deepEqual(me.session.methods, ['oidc']);
    // A provider is one factor: with an app it is not enough by itself.
    await page.getByRole('button', { name: 'Add an app' }).click();
    const secret = await page.locator('#totp-secret', { hasText: /\S/ }).textContent();
    const step = Math.floor(Date.now() / 30000);
    await page.locator('#totp-code').fill(totp(secret, step));
    await page.getByRole('button', { name: 'Turn it on' }).click();
    await page.getByText('10 recovery codes are left').waitFor();
    await signOut(page);
    await page.getByRole('button', { name: 'Use orchid' }).click();
    await page.getByRole('heading', { name: 'One more step' }).waitFor();
    await page.locator('#code').fill(totp(secret, step + 1));
    await page.getByRole('button', { name: 'Go on' }).click();
    await onAccount(page);
    await leave(page);
    // The same answer in another browser: whose state it is, that browser does not hold.
    const attacker = await visit(g);
    const { url } = await attacker.evaluate(() =>
      fetch('/_ward/auth/oidc/start', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"provider":"orchid"}' }).then((r) => r.json()));
    const victim = await visit(g, `/_ward/account/callback?${new URLSearchParams(await oidc.browse(url))}`);
    await victim.getByText('That was not accepted').waitFor();
    assert.match(g.lastReason, /another browser/);
    await victim.context().close();
    await attacker.context().close();
  } finally {
    await op.stop();
  }
});
await check('a proof of work is done by the page', { proof: true }, async (g) => {
  const page = await visit(g);
  await signUp(page);
  await leave(page);
});
await check('step-up, keys, sessions and the end of an account', {}, async (g) => {
  const page = await visit(g);
  await signUp(page);
  const other = await visit(g);
  await signIn(other);
  await onAccount(other);
  await page.reload();
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await page.getByText('This one').waitFor();
  await other.reload();
  await other.waitForURL('**/_ward/account/');
  await leave(other);
  await page.getByLabel('Name', { exact: true }).fill('ci');
  await page.getByLabel('Scopes').fill('orders.write');
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.locator('#key-text', { hasText: /^wk_/ }).waitFor();
  await page.getByRole('button', { name: 'Delete the account' }).click();
  await accessible(page, 'confirm');
  await page.locator('#confirm-password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForURL('**/_ward/account/');
  await signIn(page);
  await page.locator('#status.bad').waitFor();
  await leave(page);
});
await check('nothing leads away to another site', {}, async (g) => {
  for (const to of ['//evil.example/', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)']) {
    const page = await visit(g, `/_ward/account/?to=${encodeURIComponent(to)}`);
    if (to.startsWith('//')) await signUp(page);
    else {
      await signIn(page);
      await onAccount(page);
    }
    await leave(page);
  }
  const page = await visit(g, '/_ward/account/?to=/orders');
  await signIn(page);
  await page.waitForURL('**/orders');
  await leave(page);
});
await check('another site cannot post', {}, async (g) => {
  const page = await visit(g);
  await signUp(page);
  const evil = await browser.newContext().then((c) => c.newPage());
  await page.goto(g.origin.replace('localhost', '127.0.0.1') + '/');
  const status = await page.evaluate((to) => fetch(to, { method: 'POST', body: '{}', credentials: 'include', mode: 'no-cors' }).then((r) => r.type, String), `${g.origin}/_ward/auth/sign-out`);
  assert.equal(status, 'opaque');
  await page.goto(`${g.origin}/_ward/account/account.html`);
  await page.getByText(EMAIL).waitFor();
  await evil.context().close();
  await leave(page);
});

await browser.close();
console.log(`pages: ${results.filter(Boolean).length} of ${results.length}`);
process.exit(results.every(Boolean) ? 0 : 1);
