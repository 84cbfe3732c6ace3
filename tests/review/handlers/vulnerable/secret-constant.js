const stripeApiKey = 'sk_live_9aF3kQ72LmXx04tTzR81vB'; // expect: js-hardcoded-secret
exports.handler = async (event) => {
  const charge = await createCharge(stripeApiKey, Number(event.amount));
  return { statusCode: 200, body: charge.id };
};
