import type { NextApiRequest, NextApiResponse } from "next";
import { writeFile } from "fs/promises";
import path from "path";

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  res.setHeader("Access-Control-Allow-Origin", req.headers.origin || "*"); // expect: js-cors-reflected
  res.setHeader("Access-Control-Allow-Credentials", "true");
  const { name, content } = req.body;
  await writeFile(path.join(process.cwd(), "public/uploads", name), Buffer.from(content, "base64")); // expect: js-path-traversal
  res.status(200).json({ url: `/uploads/${name}` });
}
