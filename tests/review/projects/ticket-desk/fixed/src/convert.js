'use strict';
const { promisify } = require('util');
const path = require('path');
const { execFile } = require('child_process');
const run = promisify(execFile);

const FORMATS = new Set(['pdf', 'odt']);

async function toPdf(name, format) {
  if (!FORMATS.has(format)) throw new Error('format');
  const { stdout } = await run('libreoffice', ['--headless', '--convert-to', format, path.join('/tmp', path.basename(name))]);
  return stdout;
}

exports.handler = async (event) => {
  for (const record of event.Records) {
    const job = JSON.parse(record.body);
    await toPdf(job.fileName, job.format);
  }
};
