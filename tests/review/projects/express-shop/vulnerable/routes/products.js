const express = require('express');
const fs = require('fs');
const path = require('path');
const _ = require('lodash');
const serialize = require('node-serialize');
const Product = require('../models/product');
const router = express.Router();

const settings = { currency: 'EUR' };

router.get('/', async (req, res) => {
  const products = await Product.find({ name: new RegExp(req.query.q, 'i') }); // expect: js-nosql-injection
  res.send(`<h1>Results for ${req.query.q}</h1><ul>${products.map((p) => `<li>${p.name}</li>`).join('')}</ul>`); // expect: js-html-injection
});

router.get('/image/:file', (req, res) => {
  res.sendFile(path.join(__dirname, '../images', req.params.file)); // expect: js-path-traversal
});

router.get('/manual', (req, res) => {
  fs.readFile('./manuals/' + req.query.name, 'utf8', (err, text) => { // expect: js-path-traversal
    if (err) res.send(err); // expect: js-verbose-error
    else res.type('text').send(text);
  });
});

router.get('/cart', (req, res) => {
  if (!req.cookies.cart) return res.json([]);
  const cart = serialize.unserialize(Buffer.from(req.cookies.cart, 'base64').toString()); // expect: js-unsafe-deserialization
  res.json(cart);
});

router.post('/settings', (req, res) => {
  _.merge(settings, req.body); // expect: js-prototype-pollution
  res.json(settings);
});

module.exports = router;
