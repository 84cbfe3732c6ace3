import express from 'express';
const app = express();
app.get('/search', (req, res) => {
  const q = req.query.q as string;
  res.render('search', { q });
});
