const router = require('express').Router();
const jwt = require('jsonwebtoken');
const crypto = require('crypto');
const User = require('../models/user');

const SECRET = 'my-super-secret-key'; // expect: js-hardcoded-secret

const hash = (password) => crypto.createHash('md5').update(password).digest('hex'); // expect: js-weak-hash

router.post('/register', async (req, res) => {
  const user = new User(req.body); // expect: js-mass-assignment
  user.password = hash(req.body.password);
  await user.save();
  res.json(user);
});

router.post('/login', async (req, res) => {
  const user = await User.findOne({ username: req.body.username, password: req.body.password }); // expect: js-nosql-injection
  if (!user) return res.status(401).json({ error: 'No such user' });
  const token = jwt.sign({ id: user._id, role: user.role }, SECRET); // expect: js-jwt-secret
  res.cookie('token', token); // expect: js-cookie-flags
  res.json({ token });
});

router.get('/me', (req, res) => {
  const claims = jwt.decode(req.headers.authorization.split(' ')[1]); // expect: js-jwt-decode
  User.findById(claims.id).then((user) => res.json(user));
});

router.post('/forgot', async (req, res) => {
  const code = Math.random().toString(36).slice(2); // expect: js-weak-random
  await User.updateOne({ email: req.body.email }, { resetToken: code }); // expect: js-nosql-injection
  res.json({ ok: true });
});

router.put('/:id', async (req, res) => {
  const user = await User.findById(req.params.id);
  Object.assign(user, req.body); // expect: js-mass-assignment
  await user.save();
  res.json(user);
});

router.get('/verify', (req, res) => {
  const claims = jwt.verify(req.query.token, SECRET, { algorithms: ['HS256', 'none'], ignoreExpiration: true }); // expect: js-jwt-none
  res.redirect(req.query.returnTo || '/'); // expect: js-open-redirect
});

module.exports = router;
