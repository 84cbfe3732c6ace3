import { db } from 'ward';
export async function invite(input: { email: string }): Promise<{ code: string }> {
  const inviteCode = String(Math.floor(Math.random() * 1e9)); // expect: js-weak-random
  await db.insertInvite({ email: input.email, code: inviteCode });
  return { code: inviteCode };
}
