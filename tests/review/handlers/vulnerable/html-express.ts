import express from 'express';
const app = express();
app.get('/search', (req, res) => {
  const q = req.query.q as string;
  res.send('<h1>Results for ' + q + '</h1>'); // expect: js-html-injection
});
