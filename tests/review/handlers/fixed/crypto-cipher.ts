import { createCipheriv, randomBytes } from 'node:crypto';
export function seal(key: Buffer, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  return iv.toString('hex') + cipher.update(text, 'utf8', 'hex') + cipher.final('hex') + cipher.getAuthTag().toString('hex');
}
