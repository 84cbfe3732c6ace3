const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];
function merge(target, source) {
  for (const key in source) {
    if (FORBIDDEN.includes(key)) continue;
    target[key] = source[key];
  }
  return target;
}
exports.handler = async (event) => {
  const settings = merge({ theme: 'light' }, JSON.parse(event.body));
  return { statusCode: 200, body: JSON.stringify(settings) };
};
