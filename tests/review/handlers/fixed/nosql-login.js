const express = require('express');
const app = express();
app.post('/login', async (req, res) => {
  const user = await db.collection('users').findOne({ email: String(req.body.email) });
  res.json({ ok: Boolean(user) && (await samePin(user, String(req.body.pin))) });
});
