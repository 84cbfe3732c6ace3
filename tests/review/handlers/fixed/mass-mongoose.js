const express = require('express');
const { User } = require('./models');
const router = express.Router();
router.post('/signup', async (req, res) => {
  const { name, email } = req.body;
  const user = await User.create({ name: String(name), email: String(email), role: 'member' });
  res.status(201).json({ id: user.id });
});
module.exports = router;
