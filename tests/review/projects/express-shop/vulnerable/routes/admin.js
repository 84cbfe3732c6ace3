const express = require('express');
const { exec } = require('child_process');
const User = require('../models/user');
const Order = require('../models/order');
const router = express.Router();

router.get('/orders', async (req, res) => {
  const orders = await Order.find({ $where: `this.total > ${req.query.min}` }); // expect: js-nosql-injection
  res.send(orders);
});

router.delete('/users/:id', async (req, res) => {
  await User.deleteOne({ _id: req.params.id }); // expect: js-missing-authorization
  res.sendStatus(204);
});

router.get('/ping', (req, res) => {
  exec('ping -c 1 ' + req.query.host, (error, stdout, stderr) => { // expect: js-command-injection
    if (error) return res.status(500).send(error.stack); // expect: js-verbose-error
    res.send(`<pre>${stdout}</pre>`);
  });
});

module.exports = router;
