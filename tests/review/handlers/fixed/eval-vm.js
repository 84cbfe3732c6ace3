const express = require('express');
const app = express();
app.post('/run', (req, res) => {
  const data = JSON.parse(req.body.code);
  res.json({ out: data });
});
