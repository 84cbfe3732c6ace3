const express = require('express');
const app = express();
const PAGES = { account: '/account', cart: '/cart' };
app.get('/login/done', (req, res) => {
  res.redirect(PAGES[req.query.next] || '/');
});
