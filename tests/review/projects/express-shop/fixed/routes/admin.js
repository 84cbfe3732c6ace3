const express = require('express');
const User = require('../models/user');
const Order = require('../models/order');
const router = express.Router();

router.get('/orders', async (req, res) => {
  const orders = await Order.find({ total: { $gt: Number(req.query.min) } });
  res.json(orders);
});

router.delete('/users/:id', async (req, res) => {
  await User.deleteOne({ _id: String(req.params.id) });
  res.sendStatus(204);
});

module.exports = router;
