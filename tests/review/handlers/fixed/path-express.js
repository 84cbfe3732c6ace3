const express = require('express');
const path = require('path');
const app = express();
const ROOT = path.join(__dirname, 'public');
app.get('/files/:name', (req, res) => {
  const file = path.resolve(ROOT, req.params.name);
  if (!file.startsWith(ROOT + path.sep)) return res.sendStatus(404);
  res.sendFile(file);
});
