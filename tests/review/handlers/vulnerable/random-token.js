exports.handler = async (event) => {
  const { email } = JSON.parse(event.body);
  const resetToken = Math.random().toString(36).slice(2); // expect: js-weak-random
  await saveReset(email, resetToken);
  return { statusCode: 202, body: '' };
};
