exports.handler = async (event) => {
  const { id } = JSON.parse(event.body);
  if (!(await isAdmin(event))) return { statusCode: 403 };
  await accounts.deleteOne({ _id: String(id) });
  return { statusCode: 204 };
};
