const express = require('express');
const path = require('path');
const app = express();
app.get('/files/:name', (req, res) => {
  const file = path.join(__dirname, 'public', req.params.name);
  res.sendFile(file); // expect: js-path-traversal
});
