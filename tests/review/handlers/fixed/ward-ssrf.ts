import { db, http } from 'ward';
export async function preview(input: { page: number }): Promise<{ title: string }> {
  const response = await http.get(`https://api.example.com/pages/${input.page}`);
  const title = String(response.title).slice(0, 80);
  await db.insertPreview({ title });
  return { title };
}
