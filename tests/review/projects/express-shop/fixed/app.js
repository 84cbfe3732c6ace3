const serverless = require('serverless-http');
const express = require('express');
const cors = require('cors');
const helmet = require('helmet');
const mongoose = require('mongoose');
const users = require('./routes/users');
const admin = require('./routes/admin');
const products = require('./routes/products');
const { requireUser, requireAdmin } = require('./auth');

mongoose.connect(process.env.MONGO_URL);

const app = express();
app.disable('x-powered-by');
app.use(helmet());
app.use(cors({ origin: 'https://shop.example.com', credentials: true }));
app.use(express.json({ limit: '20kb' }));

app.use('/users', users);
app.use('/admin', requireUser, requireAdmin, admin);
app.use('/products', products);

app.use((err, req, res, next) => {
  console.error(err.message);
  res.status(500).json({ error: 'Something went wrong' });
});

module.exports.handler = serverless(app);
