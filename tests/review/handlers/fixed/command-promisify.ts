import { execFile as execFileCallback } from 'node:child_process';
import { promisify } from 'node:util';
import express from 'express';
const execFile = promisify(execFileCallback);
const router = express.Router();
router.post('/thumbnail', async (req, res) => {
  const target = String(req.body.file);
  await execFile('convert', ['--', target, '-resize', '100x100', 'out.png']);
  res.sendStatus(204);
});
export default router;
