import express from 'express';
import { z } from 'zod';
const app = express();
const Settings = z.object({ theme: z.enum(['light', 'dark']) });
app.put('/settings', (req, res) => {
  const { theme } = Settings.parse(req.body);
  res.json({ theme });
});
