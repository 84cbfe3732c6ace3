const AWS = require('aws-sdk');
const fs = require('fs');
const os = require('os');
const path = require('path');
const AdmZip = require('adm-zip');
const unzipper = require('unzipper');
const tar = require('tar');
const { execSync } = require('child_process');

const s3 = new AWS.S3();

async function unpackZip(file, to) {
  const zip = new AdmZip(file);
  zip.getEntries().forEach((entry) => {
    if (entry.isDirectory) return;
    const target = path.join(to, entry.entryName);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, entry.getData()); // expect: js-path-traversal
  });
}

function unpackStream(stream, to) {
  return stream.pipe(unzipper.Parse()).on('entry', (entry) => {
    const fileName = entry.path;
    entry.pipe(fs.createWriteStream(path.join(to, fileName))); // expect: js-path-traversal
  });
}

exports.handler = async (event) => {
  for (const record of event.Records) {
    const bucket = record.s3.bucket.name;
    const key = decodeURIComponent(record.s3.object.key.replace(/\+/g, ' '));
    const local = os.tmpdir() + '/' + key;
    const { Body } = await s3.getObject({ Bucket: bucket, Key: key }).promise();
    fs.writeFileSync(local, Body); // expect: js-path-traversal
    if (key.endsWith('.zip')) await unpackZip(local, '/tmp/out');
    else execSync('tar xzf ' + local + ' -C /tmp/out'); // expect: js-command-injection
    const manifest = JSON.parse(fs.readFileSync('/tmp/out/manifest.json'));
    const plugin = require(manifest.plugin);
    await plugin.run();
  }
};

exports.stream = async (event) => {
  const key = event.detail.object.key;
  const stream = s3.getObject({ Bucket: event.detail.bucket.name, Key: key }).createReadStream();
  return unpackStream(stream, '/tmp/out');
};
