import _ from 'lodash';
import express from 'express';
const app = express();
const defaults = { theme: 'light' };
app.put('/settings', (req, res) => {
  const settings = _.merge({}, defaults, req.body); // expect: js-prototype-pollution
  res.json(settings);
});
