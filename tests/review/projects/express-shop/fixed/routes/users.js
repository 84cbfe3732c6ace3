const router = require('express').Router();
const jwt = require('jsonwebtoken');
const argon2 = require('argon2');
const crypto = require('crypto');
const User = require('../models/user');
const { requireUser } = require('../auth');

router.post('/login', async (req, res) => {
  const user = await User.findOne({ username: String(req.body.username) });
  if (!user || !(await argon2.verify(user.password, String(req.body.password)))) return res.status(401).json({ error: 'Wrong name or password' });
  const token = jwt.sign({ id: user._id, role: user.role }, process.env.JWT_SECRET, { algorithm: 'HS256', expiresIn: '15m' });
  res.cookie('token', token, { httpOnly: true, secure: true, sameSite: 'strict' });
  res.json({ ok: true });
});

router.get('/me', requireUser, async (req, res) => {
  const user = await User.findById(req.user.id);
  res.json({ username: user.username, email: user.email });
});

router.post('/forgot', async (req, res) => {
  const code = crypto.randomBytes(24).toString('hex');
  await User.updateOne({ email: String(req.body.email) }, { resetToken: crypto.createHash('sha256').update(code).digest('hex') });
  res.json({ ok: true });
});

router.put('/me', requireUser, async (req, res) => {
  const { email } = req.body;
  await User.updateOne({ _id: req.user.id }, { email: String(email) });
  res.json({ ok: true });
});

module.exports = router;
