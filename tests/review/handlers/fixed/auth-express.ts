import express from 'express';
import { User } from './models';
import { requireAdmin } from './auth';
const app = express();
app.delete('/users/:id', requireAdmin, async (req, res) => {
  await User.findByIdAndDelete(req.params.id);
  res.sendStatus(204);
});
