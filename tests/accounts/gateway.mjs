// A stand-in for the gateway: the pages, the cookies and the cross-site check of docs/identity.md around the real endpoints.
import http from 'node:http';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pages = join(dirname(fileURLToPath(import.meta.url)), '../../src/identity/pages');
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript' };
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const cookie = (name, value, more = '') => `__Host-ward_${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${more}`;

function pageOf(path) {
  const name = path.slice('/_ward/account/'.length);
  if (['', 'link', 'verify', 'reset', 'callback'].includes(name)) return 'index.html';
  return /^[a-z-]+\.(html|css|js)$/.test(name) ? name : null;
}

export class Gateway {
  static async start(driver, options = {}) {
    const g = new Gateway();
    g.dir = mkdtempSync(join(tmpdir(), 'ward-accounts-'));
    g.child = spawn(driver, { stdio: ['pipe', 'pipe', 'inherit'] });
    g.lines = createInterface({ input: g.child.stdout })[Symbol.asyncIterator]();
    g.queue = Promise.resolve();
    g.server = http.createServer((q, a) => g.answer(q, a).catch((why) => a.writeHead(500).end(String(why))));
    await new Promise((done) => g.server.listen(0, '127.0.0.1', done));
    g.origin = `http://localhost:${g.server.address().port}`;
    await g.open(options);
    return g;
  }
  async open(options) {
    const answer = await this.tell({ op: 'open', path: join(this.dir, 'identity.db'), origin: this.origin, ...options });
    if (answer.error) throw new Error(answer.error);
  }
  /** One line out, one line back, in turn. */
  tell(message) {
    return (this.queue = this.queue.then(async () => {
      this.child.stdin.write(`${JSON.stringify(message)}\n`);
      return JSON.parse((await this.lines.next()).value);
    }));
  }
  async answer(request, reply) {
    const url = new URL(request.url, this.origin);
    if (url.pathname.startsWith('/_ward/account/')) {
      const page = pageOf(url.pathname);
      if (!page) return reply.writeHead(404).end();
      return reply.writeHead(200, { 'Content-Type': types[extname(page)], 'Content-Security-Policy': policy }).end(readFileSync(join(pages, page)));
    }
    if (!url.pathname.startsWith('/_ward/auth/')) return reply.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>App</title><h1>App</h1>');
    const site = request.headers['sec-fetch-site'];
    if (request.method === 'POST' && site && site !== 'same-origin' && site !== 'none') return reply.writeHead(403).end();
    const jar = Object.fromEntries((request.headers.cookie ?? '').split('; ').map((pair) => pair.split(/=(.*)/s)));
    let body = '';
    for await (const chunk of request) body += chunk;
    const r = await this.tell({
      op: 'ask', post: request.method === 'POST', path: url.pathname, body, token: jar['__Host-ward_session'] ?? '',
      flow: jar['__Host-ward_flow'] ?? '', address: '192.0.2.1', agent: request.headers['user-agent'] ?? '',
    });
    if (r.why) this.lastReason = r.why;
    const set = [];
    if (r.token) set.push(cookie('session', r.token));
    if (r.clear_token) set.push(cookie('session', '', '; Max-Age=0'));
    if (r.flow) set.push(cookie('flow', r.flow, '; Max-Age=600'));
    if (r.clear_flow) set.push(cookie('flow', '', '; Max-Age=0'));
    reply.writeHead(r.status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'Set-Cookie': set,
      ...(r.retry_after ? { 'Retry-After': r.retry_after } : {}) });
    reply.end(r.json);
  }
  stop() {
    this.child.stdin.end();
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
