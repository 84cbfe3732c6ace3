'use strict';
const { promisify } = require('util');
const cp = require('child_process');
const exec = promisify(cp.exec);

async function toPdf(name, format) {
  const cmd = `libreoffice --headless --convert-to ${format} /tmp/${name}`;
  const { stdout } = await exec(cmd); // expect: js-command-injection
  return stdout;
}

exports.handler = async (event) => {
  for (const record of event.Records) {
    const job = JSON.parse(record.body);
    console.log(await toPdf(job.fileName, job.format));
  }
};
