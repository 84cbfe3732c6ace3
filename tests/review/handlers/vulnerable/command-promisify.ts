import { exec as execCallback } from 'node:child_process';
import { promisify } from 'node:util';
import express from 'express';
const exec = promisify(execCallback);
const router = express.Router();
router.post('/thumbnail', async (req, res) => {
  const target = req.body.file;
  await exec('convert ' + target + ' -resize 100x100 out.png'); // expect: js-command-injection
  res.sendStatus(204);
});
export default router;
