const express = require('express');
const { User } = require('./models');
const router = express.Router();
router.post('/signup', async (req, res) => {
  const user = await User.create(req.body); // expect: js-mass-assignment
  res.status(201).json({ id: user.id });
});
module.exports = router;
