import { createCipheriv } from 'node:crypto';
export function seal(key: Buffer, iv: Buffer, text: string): string {
  const cipher = createCipheriv('des-ede3-cbc', key, iv); // expect: js-weak-cipher
  return cipher.update(text, 'utf8', 'hex') + cipher.final('hex');
}
