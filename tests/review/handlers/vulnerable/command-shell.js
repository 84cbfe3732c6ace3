import { spawn } from 'child_process';
export const handler = async (event) => {
  const dir = event.headers['x-dir'];
  const child = spawn('ls', ['-l', dir], { shell: true }); // expect: js-shell-argument
  return { statusCode: 200, body: String(child.pid) };
};
