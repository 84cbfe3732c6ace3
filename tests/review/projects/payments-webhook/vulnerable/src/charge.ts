import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import Stripe from "stripe";
import { Client } from "pg";
import crypto from "crypto";
import jwt from "jsonwebtoken";

process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"; // expect: js-tls-off
const stripe = new Stripe("sk_live_51JqK8aLx93bTzQpVnRy2Wm7Xc4Ud"); // expect: secret-stripe-key

export const charge = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  console.log("EVENT", event);
  const body = JSON.parse(event.body!);
  const token = event.headers.Authorization!.replace("Bearer ", "");
  const payload = JSON.parse(Buffer.from(token.split(".")[1], "base64").toString()); // expect: js-jwt-decode
  const client = new Client({ host: "ledger.example.com", user: "postgres", password: "Lighthouse-Otter-1" }); // expect: js-hardcoded-secret
  await client.connect();
  const { rows } = await client.query("SELECT * FROM customers WHERE id = " + payload.sub); // expect: js-sql-injection
  console.log(`charging card ${body.cardNumber} cvv ${body.cvv}`); // expect: js-log-sensitive
  const made = await stripe.charges.create({ amount: body.amount, currency: "eur", source: body.source, customer: rows[0].stripe });
  await client.query(`INSERT INTO ledger (customer, amount) VALUES (${payload.sub}, ${body.amount})`); // expect: js-sql-injection
  return { statusCode: 200, headers: { "Access-Control-Allow-Origin": "*" }, body: JSON.stringify(made) };
};

export const webhook = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const sent = JSON.parse(event.body!);
  if (sent.type === "charge.refunded") {
    const client = new Client();
    await client.connect();
    const sql = "UPDATE ledger SET refunded = true WHERE charge = '%s'".replace("%s", sent.data.object.id);
    await client.query(sql); // expect: js-sql-injection
  }
  return { statusCode: 200, body: "" };
};

export const token = async (event: APIGatewayProxyEvent) => {
  const key = crypto.createHash("sha1").update(event.queryStringParameters!.password!).digest(); // expect: js-weak-hash
  const cipher = crypto.createCipheriv("des-ede3-cbc", "012345678901234567890123", "12345678"); // expect: js-weak-cipher
  const access = jwt.sign({ user: event.queryStringParameters!.user }, "secret", { expiresIn: "10y" }); // expect: js-jwt-secret
  return { statusCode: 302, headers: { Location: event.queryStringParameters!.redirect_uri + "?token=" + access, "Set-Cookie": `token=${access}` }, body: "" }; // expect: js-cookie-flags
};

export const receipt = async (event: APIGatewayProxyEvent) => {
  const html = `<html><body>Thank you, ${event.queryStringParameters?.name}</body></html>`;
  return { statusCode: 200, headers: { "Content-Type": "text/html" }, body: html }; // expect: js-html-injection
};
