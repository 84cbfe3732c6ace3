import { S3Client, PutObjectCommand } from "@aws-sdk/client-s3";
import axios from "axios";

const s3 = new S3Client({});
const HOSTS = ["www.gravatar.com", "avatars.githubusercontent.com"];

export const handler = async (event) => {
  const { imageUrl } = JSON.parse(event.body);
  const user = event.requestContext.authorizer.iam.userId;
  const url = new URL(imageUrl);
  if (url.protocol !== "https:" || !HOSTS.includes(url.hostname)) return { statusCode: 400, body: "This host is not allowed" };
  const response = await axios.get(url.href, { responseType: "arraybuffer", maxRedirects: 0, timeout: 5000 });
  await s3.send(new PutObjectCommand({ Bucket: process.env.BUCKET, Key: `avatars/${user}.png`, Body: response.data }));
  return { statusCode: 204 };
};
