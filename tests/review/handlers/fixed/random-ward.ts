import { db } from 'ward';
export async function invite(input: { email: string }): Promise<{ code: string }> {
  const inviteCode = crypto.randomUUID();
  await db.insertInvite({ email: input.email, code: inviteCode });
  return { code: inviteCode };
}
