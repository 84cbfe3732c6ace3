exports.handler = async (event) => {
  const { id } = JSON.parse(event.body);
  await accounts.deleteOne({ _id: String(id) }); // expect: js-late-authorization
  if (!(await isAdmin(event))) return { statusCode: 403 };
  return { statusCode: 204 };
};
