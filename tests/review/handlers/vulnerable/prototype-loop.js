function merge(target, source) {
  for (const key in source) {
    if (typeof source[key] === 'object') merge(target[key] ?? {}, source[key]);
    else target[key] = source[key]; // expect: js-prototype-pollution
  }
  return target;
}
exports.handler = async (event) => {
  const settings = merge({ theme: 'light' }, JSON.parse(event.body));
  return { statusCode: 200, body: JSON.stringify(settings) };
};
