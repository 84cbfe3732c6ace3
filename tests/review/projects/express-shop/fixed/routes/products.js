const express = require('express');
const path = require('path');
const escapeStringRegexp = require('escape-string-regexp');
const Product = require('../models/product');
const router = express.Router();

router.get('/', async (req, res) => {
  const products = await Product.find({ name: new RegExp(escapeStringRegexp(String(req.query.q)), 'i') });
  res.json(products.map((p) => p.name));
});

router.get('/image/:file', (req, res) => {
  res.sendFile(path.basename(req.params.file), { root: path.join(__dirname, '../images') });
});

module.exports = router;
