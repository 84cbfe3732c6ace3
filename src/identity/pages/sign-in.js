// The sign-in page. Its path says what it is for: nothing (sign in), link, verify, reset, callback.
import { ask, attempt, forOperators, hasWallet, showPasswords, useProvider, usePasskey, useWallet } from './api.js';

const $ = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
const place = location.pathname.split('/').pop();
let challenge = ''; // of the second step

// Only a path of this site, and never "//elsewhere".
const asked = new URLSearchParams(location.search).get('to') ?? '';
const account = new URL('account.html', import.meta.url).pathname;
const next = /^\/(?![/\\])[\x21-\x7e]*$/.test(asked) ? asked : forOperators ? '/_ward/' : account;
const local = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

/** Shows one form under a title, and says so to those who do not see it. */
function show(form, title) {
  for (const one of document.forms) one.hidden = one.id !== form;
  $('title').textContent = title;
  document.title = title;
  $('title').focus();
}

function enter(answer) {
  if (answer.next === 'second-factor') {
    challenge = answer.challenge;
    $('others').hidden = true;
    $('switches').hidden = true;
    show('code-form', 'One more step');
    $('code').focus();
  } else if (answer.next === 'mail') {
    $('others').hidden = true;
    for (const form of document.forms) form.hidden = true;
    $('title').textContent = 'Look into your mail';
    $('status').textContent = 'If the address can be used here, a mail is on its way to it.';
  } else {
    // An operator without a second factor has to make one before anything else.
    location.assign(forOperators && !local && !answer.session.mfa ? account : next);
  }
}

let signingUp = false;
function choose(signUp, methods) {
  signingUp = signUp;
  show('password-form', signUp ? `Make an account at ${methods.app}` : `Sign in to ${methods.app}`);
  $('password').autocomplete = signUp ? 'new-password' : 'current-password';
  $('password-hint').hidden = !signUp;
  $('password-submit').textContent = signUp ? 'Make the account' : 'Sign in';
  $('to-sign-up').hidden = signUp || !methods.signUp;
  $('to-sign-in').hidden = !signUp;
  $('to-forgot').hidden = signUp || !methods.mail;
}

let mailPath = 'mail/link';
function chooseMail(path, title) {
  mailPath = path;
  $('others').hidden = true;
  show('mail-form', title);
}

const onSubmit = (form, work) =>
  $(form).addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(event.submitter ?? $(form).querySelector('[type=submit]'), work);
  });

onSubmit('password-form', async () =>
  enter(await ask(signingUp ? 'sign-up' : 'sign-in', { email: $('email').value, password: $('password').value })));
onSubmit('code-form', async () => enter(await ask('second-factor', { challenge, code: $('code').value.trim() })));
onSubmit('mail-form', async () => enter(await ask(mailPath, { email: $('mail-email').value })));
onSubmit('verify-form', async () => enter(await ask('mail/verify', { token, password: $('verify-password').value })));
onSubmit('link-form', async () => enter(await ask('mail/sign-in', { token })));
onSubmit('reset-form', async () => {
  await ask('password/reset', { token, password: $('new-password').value });
  location.assign('./');
});

function addProviders(names) {
  for (const name of names) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = `Use ${name}`;
    button.addEventListener('click', () => attempt(button, () => useProvider(name)));
    const item = document.createElement('li');
    item.append(button);
    document.querySelector('#others ul').append(item);
  }
}

async function start() {
  const methods = await ask('methods');
  $('others').hidden = false;
  $('switches').hidden = false;
  $('wallet').hidden = forOperators || !hasWallet();
  $('mail-way').hidden = forOperators || !methods.mail;
  addProviders(methods.providers);
  $('passkey').addEventListener('click', (e) => attempt(e.target, async () => enter(await usePasskey())));
  $('wallet').addEventListener('click', (e) => attempt(e.target, async () => enter(await useWallet())));
  $('mail').addEventListener('click', () => chooseMail('mail/link', 'Get a link by e-mail'));
  $('to-forgot').addEventListener('click', () => chooseMail('password/forgot', 'Choose a new password'));
  $('to-sign-up').addEventListener('click', () => choose(true, methods));
  $('to-sign-in').addEventListener('click', () => choose(false, methods));
  choose(false, methods);
  if (location.search === '?passkey') $('status').textContent = 'Your account has a passkey: use it to go on.';
}

/** What the provider's redirect brought goes to the broker as it is. */
async function finishProvider() {
  const query = new URLSearchParams(location.search);
  const body = { state: query.get('state') ?? '' };
  for (const name of ['code', 'iss', 'error']) if (query.get(name)) body[name] = query.get(name);
  history.replaceState(null, '', location.pathname); // the code is for once, and not for the history
  enter(await ask('oidc/finish', body));
}

const places = {
  link: () => show('link-form', 'Sign in by your link'),
  verify: () => show('verify-form', 'Confirm your address'),
  reset: () => show('reset-form', 'Choose a new password'),
  callback: finishProvider,
};
showPasswords();
if (token) history.replaceState(null, '', location.pathname);
attempt({}, places[place] ?? start);
