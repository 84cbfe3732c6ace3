import { S3Client, GetObjectCommand } from "@aws-sdk/client-s3";
import fs from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";

const s3 = new S3Client({});

export async function handler(event) {
  const key = decodeURIComponent(event.pathParameters.proxy);
  const local = path.join("/tmp", key);
  if (!fs.existsSync(local)) {
    const got = await s3.send(new GetObjectCommand({ Bucket: process.env.BUCKET, Key: key }));
    await pipeline(got.Body, fs.createWriteStream(local)); // expect: js-path-traversal
  }
  const data = await fs.promises.readFile(local); // expect: js-path-traversal
  return { statusCode: 200, headers: { "content-type": "image/png" }, body: data.toString("base64"), isBase64Encoded: true };
}
