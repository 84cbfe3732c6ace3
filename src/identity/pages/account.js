// The account page: everything of one's own account, each change behind a fresh proof.
import { addPasskey, ask, attempt, forOperators, hasWallet, usePasskey, useProvider, useWallet } from './api.js';

const $ = (id) => document.getElementById(id);
const day = (ms) => (ms ? new Date(ms).toLocaleString() : 'never');
let account;

/** Asks; when the proof is too old, asks the person first and then once more. */
async function change(path, body = {}) {
  try {
    return await ask(path, body);
  } catch (why) {
    if (why.type !== 'fresh-needed') throw why;
    await confirmIdentity();
    return ask(path, body);
  }
}
async function fresh(work) {
  try {
    return await work();
  } catch (why) {
    if (why.type !== 'fresh-needed') throw why;
    await confirmIdentity();
    return work();
  }
}

/** Resolves when the person has proved who they are; rejects when they do not want to. */
function confirmIdentity() {
  $('confirm-password-part').hidden = !account.account.password;
  $('confirm-code-part').hidden = !account.account.totp;
  $('confirm-passkey').hidden = account.passkeys.length === 0;
  $('confirm-form').reset();
  $('confirm').showModal();
  return new Promise((resolve, reject) => {
    const close = (settle, value) => {
      $('confirm').close();
      settle(value);
    };
    $('confirm-form').onsubmit = (event) => {
      event.preventDefault();
      const code = $('confirm-code').value.trim();
      ask('confirm', code ? { code } : { password: $('confirm-password').value }).then(() => close(resolve), (why) => close(reject, why));
    };
    $('confirm-passkey').onclick = () => usePasskey().then(() => close(resolve), (why) => close(reject, why));
    $('confirm-cancel').onclick = () => close(reject, new Error('Nothing was changed.'));
    $('confirm').oncancel = () => reject(new Error('Nothing was changed.'));
  });
}

function fill(list, rows, describe, action, work) {
  $(list)?.replaceChildren(
    ...rows.map((row) => {
      const item = document.createElement('li');
      const text = document.createElement('span');
      text.textContent = describe(row);
      item.append(text);
      if (!row.current) {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = action;
        button.setAttribute('aria-label', `${action}: ${describe(row)}`);
        button.addEventListener('click', () => attempt(button, async () => (await work(row), load())));
        item.append(button);
      }
      return item;
    }),
  );
}

async function load() {
  try {
    account = await ask('account');
  } catch (why) {
    if (why.type !== 'sign-in-needed' && why.type !== 'second-factor-needed') throw why;
    location.assign(why.type === 'sign-in-needed' ? './' : './?passkey');
    return;
  }
  const { account: own, user } = account;
  $('who').textContent = `${user.email ?? user.id}${user.role ? `, ${user.role}` : ''}`;
  document.querySelector('[name=username]').value = user.email ?? '';
  $('enrol').hidden = !forOperators || own.totp || account.passkeys.length > 0;
  $('password-form').hidden = !own.password;
  $('totp-state').textContent = own.totp ? `On. ${own.recoveryCodes} recovery codes are left.` : 'Off.';
  $('totp-begin').hidden = own.totp;
  $('totp-remove').hidden = !own.totp;
  $('recovery-renew').hidden = !own.totp;
  fill('passkeys', account.passkeys, (p) => `${p.name}, added ${day(p.created)}, used ${day(p.used)}`, 'Remove', (p) => change('passkey/remove', { id: p.id }));
  fill('links', account.links, (l) => `${l.provider}: ${l.subject}`, 'Remove', (l) => change('links/remove', { provider: l.provider, subject: l.subject }));
  showElsewhere();
  fill('sessions', account.sessions, (s) => `${s.current ? 'This one' : s.agent}, ${s.address}, seen ${day(s.seen)}`, 'End', (s) => change('sessions/revoke', { id: s.id }));
  fill('keys', account.keys, (k) => `${k.name}: ${k.scopes}, used ${day(k.used)}`, 'Revoke', (k) => change('keys/revoke', { id: k.id }));
}

const onClick = (id, work) => $(id)?.addEventListener('click', () => attempt($(id), async () => (await work(), load())));
const onSubmit = (id, work) =>
  $(id)?.addEventListener('submit', (event) => {
    event.preventDefault();
    attempt($(id).querySelector('[type=submit]'), async () => (await work(), load()));
  });
const say = (text) => ($('status').textContent = text);

let challenge = '';
function showCodes(codes, oldEnded = false) {
  $('recovery').hidden = false;
  $('recovery-old').hidden = !oldEnded;
  $('recovery-codes').replaceChildren(
    ...codes.map((code) => Object.assign(document.createElement('li'), { textContent: code })),
  );
}
onSubmit('password-form', async () => {
  await change('password', { present: $('present').value, wanted: $('wanted').value });
  $('password-form').reset();
  say('The password is changed. All other sessions have ended.');
});
onClick('totp-begin', async () => {
  const offer = await change('totp/begin');
  challenge = offer.challenge;
  $('totp-secret').textContent = offer.secret.replace(/(.{4})/g, '$1 ').trim();
  $('totp-uri').href = offer.uri;
  $('totp-form').hidden = false;
  $('totp-code').focus();
});
onSubmit('totp-form', async () => {
  const { recoveryCodes } = await change('totp/finish', { challenge, code: $('totp-code').value });
  $('totp-form').hidden = true;
  $('totp-form').reset();
  showCodes(recoveryCodes);
  say('The app is your second factor now.');
});
onClick('totp-remove', () => change('totp/remove'));
onClick('recovery-renew', async () => {
  const { recoveryCodes, oldCodesEnded } = await change('recovery/renew');
  showCodes(recoveryCodes, oldCodesEnded);
});
onSubmit('passkey-form', async () => {
  await fresh(() => addPasskey($('passkey-name').value));
  say('The passkey is added.');
});
onClick('add-wallet', () => fresh(useWallet));
onClick('revoke-others', () => change('sessions/revoke-others'));
onSubmit('key-form', async () => {
  const { key } = await change('keys/create', { name: $('key-name').value, scopes: $('key-scopes').value });
  $('key-text').textContent = key;
  $('key-made').hidden = false;
  $('key-form').reset();
});
onClick('export', async () => {
  const file = new Blob([JSON.stringify(await ask('account'), null, 2)], { type: 'application/json' });
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: 'account.json' });
  link.click();
  URL.revokeObjectURL(link.href);
});
onClick('delete', async () => {
  await confirmIdentity(); // always, so that it is never one click
  await ask('delete', {});
});
onClick('sign-out', () => ask('sign-out', {}));

if (forOperators) for (const part of document.querySelectorAll('[data-app]')) part.remove();
for (const part of document.querySelectorAll('[data-operators]')) part.hidden = !forOperators;
let providers = [];
/** Where nothing can be tied to the account, there is nothing to say about it. */
const showElsewhere = () => $('elsewhere') && ($('elsewhere').hidden = !account.links.length && !providers.length && !hasWallet());

attempt({}, async () => {
  ({ providers } = await ask('methods'));
  await load();
  if (forOperators) return;
  $('add-wallet').hidden = !hasWallet();
  $('providers').replaceChildren(
    ...providers.map((name) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: `Add ${name}` });
      button.addEventListener('click', () => attempt(button, () => fresh(() => useProvider(name))));
      const item = document.createElement('li');
      item.append(button);
      return item;
    }),
  );
});
