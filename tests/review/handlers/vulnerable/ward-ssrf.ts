import { db } from 'ward';
export async function preview(input: { link: string }): Promise<{ title: string }> {
  const response = await fetch(input.link); // expect: js-ssrf
  const title = (await response.text()).slice(0, 80);
  await db.insertPreview({ title });
  return { title };
}
