import { S3Client, PutObjectCommand } from "@aws-sdk/client-s3";
import axios from "axios";
import https from "node:https";

const s3 = new S3Client({});
const agent = new https.Agent({ rejectUnauthorized: false }); // expect: js-tls-off

export const handler = async (event) => {
  const { imageUrl, user } = JSON.parse(event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body);
  let response;
  try {
    response = await axios.get(imageUrl, { responseType: "arraybuffer", httpsAgent: agent }); // expect: js-ssrf
  } catch (e) {
    return { statusCode: 502, body: JSON.stringify({ error: e.toString(), detail: e.response?.data?.toString() }) }; // expect: js-verbose-error
  }
  await s3.send(new PutObjectCommand({ Bucket: process.env.BUCKET, Key: `avatars/${user}.png`, Body: response.data }));
  return { statusCode: 200, body: response.data.toString("base64"), isBase64Encoded: true };
};
