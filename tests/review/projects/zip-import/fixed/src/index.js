const { S3Client, GetObjectCommand } = require('@aws-sdk/client-s3');
const fs = require('fs');
const path = require('path');
const AdmZip = require('adm-zip');

const s3 = new S3Client({});
const OUT = '/tmp/out';

function unpackZip(body) {
  const zip = new AdmZip(body);
  for (const entry of zip.getEntries()) {
    const target = path.resolve(OUT, entry.entryName);
    if (!target.startsWith(OUT + path.sep)) throw new Error('An entry leaves the directory');
    if (!entry.isDirectory) fs.writeFileSync(target, entry.getData());
  }
}

exports.handler = async (event) => {
  for (const record of event.Records) {
    const key = decodeURIComponent(record.s3.object.key.replace(/\+/g, ' '));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'customer-imports', Key: key }));
    unpackZip(Buffer.from(await Body.transformToByteArray()));
  }
};
