const stripeApiKey = process.env.STRIPE_API_KEY;
exports.handler = async (event) => {
  const charge = await createCharge(stripeApiKey, Number(event.amount));
  return { statusCode: 200, body: charge.id };
};
