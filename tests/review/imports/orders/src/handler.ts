import { findOrders } from './lib/orders.js';
import { clean } from './lib/text';
export const handler = async (event: any) => {
  const city = event.queryStringParameters.city;
  const rows = await findOrders(city);
  const safe = await findOrders(clean(city));
  return { statusCode: 200, body: JSON.stringify([rows, safe]) };
};
