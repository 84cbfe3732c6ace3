import axios from 'axios';
import { Router } from 'express';
export const webhooks = Router();
webhooks.post('/webhooks/test', async (req, res) => {
  const target = req.body.callbackUrl;
  await axios.post(target, { ok: true }); // expect: js-ssrf
  res.sendStatus(202);
});
