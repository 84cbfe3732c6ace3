const express = require('express');
const app = express();
app.post('/login', async (req, res) => {
  const user = await db.collection('users').findOne({ email: req.body.email, pin: req.body.pin }); // expect: js-nosql-injection
  res.json({ ok: Boolean(user) });
});
