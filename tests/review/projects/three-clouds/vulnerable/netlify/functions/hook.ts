import type { Handler } from "@netlify/functions";
import { MongoClient } from "mongodb";
import nodemailer from "nodemailer";
import crypto from "crypto";

const client = new MongoClient("mongodb://hook:Pebble_Sail_19@mongo.example.com:27017"); // expect: secret-url-credentials

export const handler: Handler = async (event) => {
  const filter = JSON.parse(event.body ?? "{}");
  const signature = crypto.createHmac("sha1", process.env.HOOK_SECRET!).update(event.body!).digest("hex");
  if (signature !== event.headers["x-signature"]) return { statusCode: 401, body: "bad signature" };
  const users = await client.db("app").collection("users").find(filter).toArray(); // expect: js-nosql-injection
  const cipher = crypto.createCipheriv("aes-128-ecb", "0123456789abcdef", null); // expect: js-weak-cipher
  const transport = nodemailer.createTransport({ host: "smtp.example.com", auth: { user: "hook", pass: "Copper-Fern-03" } }); // expect: js-hardcoded-secret
  await transport.sendMail({ to: filter.to, html: `<b>${filter.text}</b>` }); // expect: js-html-injection
  return { statusCode: 200, body: JSON.stringify(users) };
};
