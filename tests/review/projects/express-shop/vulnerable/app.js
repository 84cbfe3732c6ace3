const serverless = require('serverless-http');
const express = require('express');
const cors = require('cors');
const bodyParser = require('body-parser');
const cookieParser = require('cookie-parser');
const session = require('express-session');
const mongoose = require('mongoose');
const users = require('./routes/users');
const admin = require('./routes/admin');
const products = require('./routes/products');

mongoose.connect(process.env.MONGO_URL);

const app = express();
app.use(cors({ origin: true, credentials: true })); // expect: js-cors-any-origin
app.use(bodyParser.json());
app.use(bodyParser.urlencoded({ extended: true }));
app.use(cookieParser());
app.use(session({ secret: 'keyboard cat', resave: true, saveUninitialized: true, cookie: { secure: false, httpOnly: false } })); // expect: js-jwt-secret

app.use('/users', users);
app.use('/admin', admin);
app.use('/products', products);

app.use((err, req, res, next) => {
  res.status(500).json({ error: err.message, stack: err.stack }); // expect: js-verbose-error
});

module.exports.handler = serverless(app);
