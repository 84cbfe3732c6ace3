const vm = require('node:vm');
const express = require('express');
const app = express();
app.post('/run', (req, res) => {
  const out = vm.runInNewContext(req.body.code, { result: null }); // expect: js-code-injection
  res.json({ out });
});
