import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import Stripe from "stripe";
import { Client } from "pg";

const stripe = new Stripe(process.env.STRIPE_KEY!);

export const charge = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const { amount, source } = JSON.parse(event.body!);
  const customer = event.requestContext.authorizer!.principalId;
  const client = new Client();
  await client.connect();
  const { rows } = await client.query("SELECT stripe FROM customers WHERE id = $1", [customer]);
  const made = await stripe.charges.create({ amount: Number(amount), currency: "eur", source: String(source), customer: rows[0].stripe });
  await client.query("INSERT INTO ledger (customer, amount) VALUES ($1, $2)", [customer, Number(amount)]);
  return { statusCode: 200, body: JSON.stringify({ id: made.id }) };
};

export const webhook = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const sent = stripe.webhooks.constructEvent(event.body!, event.headers["stripe-signature"]!, process.env.STRIPE_HOOK_SECRET!);
  if (sent.type === "charge.refunded") {
    const client = new Client();
    await client.connect();
    await client.query("UPDATE ledger SET refunded = true WHERE charge = $1", [sent.data.object.id]);
  }
  return { statusCode: 200, body: "" };
};
