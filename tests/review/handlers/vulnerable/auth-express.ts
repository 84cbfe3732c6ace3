import express from 'express';
import { User } from './models';
const app = express();
app.delete('/users/:id', async (req, res) => {
  await User.findByIdAndDelete(req.params.id); // expect: js-missing-authorization
  res.sendStatus(204);
});
