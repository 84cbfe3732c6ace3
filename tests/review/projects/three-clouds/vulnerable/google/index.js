const functions = require('@google-cloud/functions-framework');
const firebase = require('firebase-functions');
const admin = require('firebase-admin');
const yaml = require('js-yaml');
const vm = require('vm');
const libxml = require('libxmljs');
const EMAIL = /^([a-zA-Z0-9_.-]+)+@([a-zA-Z0-9-]+\.)+[a-z]+$/; // expect: js-blowing-regex

admin.initializeApp();

functions.http('render', (req, res) => {
  res.set('Access-Control-Allow-Origin', '*');
  const config = yaml.load(req.rawBody.toString());
  const out = vm.runInNewContext(config.expression, { config }); // expect: js-code-injection
  res.send('<p>' + out + '</p>');
});

exports.subscribe = firebase.https.onRequest(async (req, res) => {
  const { email, list } = req.body;
  if (!EMAIL.test(email)) return res.status(400).send('not an address: ' + email); // expect: js-html-injection
  await admin.firestore().collection(list).doc(email).set(req.body); // expect: js-mass-assignment
  return res.status(200).end();
});

exports.readProfile = firebase.https.onCall(async (data, context) => {
  const snapshot = await admin.firestore().doc(`users/${data.uid}`).get();
  return snapshot.data();
});

exports.parseFeed = firebase.https.onRequest((req, res) => {
  const doc = libxml.parseXmlString(req.body.xml, { noent: true, nonet: false }); // expect: js-xml-entities
  res.send(doc.get('//title').text());
});
