exports.handler = async (event) => {
  try {
    return { statusCode: 200, body: JSON.stringify(await load(event.id)) };
  } catch (err) {
    console.error(err);
    return { statusCode: 500, body: JSON.stringify({ message: 'internal error' }) };
  }
};
