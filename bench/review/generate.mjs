// Writes a project of about LINES lines of TypeScript and YAML for the review benches: functions that call each other, handlers,
// Kubernetes objects and compose files. The same arguments give the same bytes. Usage: node generate.mjs DIR [LINES]
import { mkdirSync, writeFileSync } from 'node:fs';

const dir = process.argv[2];
const lines = Number(process.argv[3] ?? 1e6);
let seed = 7;
const random = (n) => ((seed = (seed * 1103515245 + 12345) % 2147483648), seed % n);
const words = ['order', 'user', 'price', 'stock', 'mail', 'cart', 'page', 'item', 'label', 'total', 'batch', 'queue'];
const word = () => words[random(words.length)];
const title = (w) => w[0].toUpperCase() + w.slice(1);

function typescript(id) {
  const out = [`import { ${word()}Of } from './m${random(id + 1)}';`, `import { Pool } from 'pg';`, `const pool = new Pool();`, ''];
  for (let i = 0; i < 14; i++) {
    const a = word();
    const b = word();
    out.push(`export interface ${title(a)}${id}x${i} {`, `  id: number;`, `  ${b}: string;`, `  tags?: string[];`, `}`, '');
    out.push(`export function ${a}${title(b)}${i}(input: ${title(a)}${id}x${i}, limit = ${random(100)}): string[] {`);
    out.push(`  const parts = [];`, `  for (const tag of input.tags ?? []) {`, `    if (tag.length > limit) continue;`);
    out.push(`    parts.push(\`\${input.${b}}-\${tag.trim().toLowerCase()}\`);`, `  }`);
    out.push(`  return parts.filter((p) => p !== '${word()}').map((p) => p.padEnd(limit));`, `}`, '');
  }
  out.push(`export const handler = async (event: any) => {`, `  const id = event.pathParameters.id;`);
  out.push(`  const { rows } = await pool.query('SELECT * FROM ${word()}s WHERE id = $1', [id]);`);
  out.push(`  return { statusCode: 200, body: JSON.stringify(rows) };`, `};`, '');
  return out;
}

function yaml(id) {
  const out = [];
  for (let i = 0; i < 8; i++) {
    const n = `${word()}-${id}-${i}`;
    out.push('---', 'apiVersion: apps/v1', 'kind: Deployment', 'metadata:', `  name: ${n}`, '  namespace: shop', 'spec:', `  replicas: ${1 + random(5)}`);
    out.push('  selector:', '    matchLabels:', `      app: ${n}`, '  template:', '    metadata:', '      labels:', `        app: ${n}`, '    spec:');
    out.push('      containers:', `      - name: ${word()}`, `        image: registry.example.com/${word()}:1.${random(90)}`, '        ports:', `        - containerPort: ${8000 + random(999)}`);
    out.push('        resources:', '          limits:', '            cpu: 500m', '            memory: 128Mi', '        env:', `        - name: ${word().toUpperCase()}`, `          value: "${random(9999)}"`);
  }
  return out;
}

let written = 0;
for (let id = 0; written < lines; id++) {
  const folder = `${dir}/d${Math.floor(id / 40)}`;
  if (id % 40 === 0) mkdirSync(folder, { recursive: true });
  const ts = id % 4 !== 3;
  const text = ts ? typescript(id % 40) : yaml(id);
  writeFileSync(`${folder}/${ts ? `m${id % 40}.ts` : `k${id}.yaml`}`, text.join('\n') + '\n');
  written += text.length;
}
