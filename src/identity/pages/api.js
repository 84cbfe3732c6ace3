// What both pages share: asking the endpoints (docs/identity.md), passkeys, wallets and the proof of work.

export const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
export const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

/** A refusal: `type` is for the page, `message` for the person. */
export class Refused extends Error {
  constructor(problem, retryAfter) {
    super(retryAfter ? `${problem.title} (${retryAfter} s)` : problem.title);
    this.type = problem.type;
    this.problem = problem;
  }
}

// The same pages serve the app's users under /_ward/account/ and operators under /_ward/operator/.
export const forOperators = new URL('.', import.meta.url).pathname === '/_ward/operator/';
const endpoints = forOperators ? '/_ward/operator/auth/' : '/_ward/auth/';

async function send(path, body) {
  const answer = await fetch(endpoints + path, {
    method: body ? 'POST' : 'GET',
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body && JSON.stringify(body),
    credentials: 'same-origin',
    cache: 'no-store',
  });
  if (answer.status === 204) return null;
  const json = await answer.json();
  if (!answer.ok) throw new Refused(json, answer.headers.get('Retry-After'));
  return json;
}

/** Asks, and does the work first when the site is under attack. */
export async function ask(path, body) {
  try {
    return await send(path, body);
  } catch (why) {
    if (why.type !== 'proof-needed') throw why;
    return send(path, { ...body, proof: await solve(why.problem) });
  }
}

/** The number after the challenge whose SHA-256 begins with enough zero bits. */
async function solve({ challenge, bits }) {
  const text = new TextEncoder();
  for (let first = 0; ; first += 256) {
    const batch = Array.from({ length: 256 }, (_, i) => `${challenge}:${first + i}`);
    const hashes = await Promise.all(batch.map((one) => crypto.subtle.digest('SHA-256', text.encode(one))));
    const at = hashes.findIndex((hash) => new DataView(hash).getUint32(0) >>> (32 - bits) === 0);
    if (at >= 0) return batch[at];
  }
}

export async function usePasskey() {
  const { publicKey } = await ask('passkey/sign-in/begin', {});
  const key = await navigator.credentials.get({ publicKey: { ...publicKey, challenge: bytesOf(publicKey.challenge) } });
  const { response } = key;
  return ask('passkey/sign-in/finish', {
    id: base64url(key.rawId),
    clientDataJSON: base64url(response.clientDataJSON),
    authenticatorData: base64url(response.authenticatorData),
    signature: base64url(response.signature),
    userHandle: response.userHandle ? base64url(response.userHandle) : '',
  });
}

export async function addPasskey(name) {
  const { publicKey } = await ask('passkey/register/begin', {});
  const { exclude, ...options } = publicKey;
  const key = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      user: { ...options.user, id: new TextEncoder().encode(options.user.id) },
      excludeCredentials: exclude.map((id) => ({ type: 'public-key', id: bytesOf(id) })),
    },
  });
  return ask('passkey/register/finish', {
    name,
    clientDataJSON: base64url(key.response.clientDataJSON),
    attestationObject: base64url(key.response.attestationObject),
  });
}

export const hasWallet = () => Boolean(globalThis.ethereum?.request);

export async function useWallet() {
  const [address] = await ethereum.request({ method: 'eth_requestAccounts' });
  const { message } = await ask('wallet/begin', { address });
  const signature = await ethereum.request({ method: 'personal_sign', params: [message, address] });
  return ask('wallet/finish', { message, signature });
}

/** To the provider's page; what comes back is for the callback page. */
export async function useProvider(provider) {
  const { url } = await ask('oidc/start', { provider });
  location.assign(url);
}

/** Runs what a button or form does: says how it went, keeps a second click away meanwhile. */
export async function attempt(control, work) {
  const status = document.getElementById('status');
  status.className = '';
  status.textContent = '';
  control.disabled = true;
  try {
    await work();
  } catch (why) {
    if (why.name !== 'NotAllowedError') console.info(why);
    status.className = 'bad';
    status.textContent = why.name === 'NotAllowedError' ? 'Nothing was chosen.' : why.message;
  } finally {
    control.disabled = false;
  }
}

export function showPasswords() {
  for (const button of document.querySelectorAll('[data-shows]'))
    button.addEventListener('click', () => {
      const input = document.getElementById(button.dataset.shows);
      const shown = input.type === 'text';
      input.type = shown ? 'password' : 'text';
      button.setAttribute('aria-pressed', String(!shown));
      button.textContent = shown ? 'Show the password' : 'Hide the password';
    });
}
