import axios from 'axios';
import { Router } from 'express';
export const webhooks = Router();
webhooks.post('/webhooks/test', async (req, res) => {
  const id = encodeURIComponent(req.body.id);
  await axios.post(`https://hooks.example.com/deliver/${id}`, { ok: true });
  res.sendStatus(202);
});
