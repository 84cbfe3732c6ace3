import type { Handler } from "@netlify/functions";
import { MongoClient } from "mongodb";
import crypto from "crypto";

const client = new MongoClient(process.env.MONGO_URL!);

export const handler: Handler = async (event) => {
  const signature = crypto.createHmac("sha256", process.env.HOOK_SECRET!).update(event.body!).digest();
  const given = Buffer.from(event.headers["x-signature"] ?? "", "hex");
  if (given.length !== signature.length || !crypto.timingSafeEqual(signature, given)) return { statusCode: 401, body: "bad signature" };
  const { city } = JSON.parse(event.body ?? "{}");
  const users = await client.db("app").collection("users").find({ city: String(city) }).toArray();
  return { statusCode: 200, body: JSON.stringify(users.map((u) => u.name)) };
};
