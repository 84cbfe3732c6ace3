const firebase = require('firebase-functions');
const admin = require('firebase-admin');
const validator = require('validator');

admin.initializeApp();

exports.subscribe = firebase.https.onRequest(async (req, res) => {
  const email = String(req.body.email);
  if (!validator.isEmail(email)) return res.status(400).send('This is not an address');
  await admin.firestore().collection('subscribers').doc(email).set({ email });
  return res.status(200).end();
});

exports.readProfile = firebase.https.onCall(async (data, context) => {
  if (!context.auth) throw new firebase.https.HttpsError('unauthenticated', 'Sign in first');
  const snapshot = await admin.firestore().doc(`users/${context.auth.uid}`).get();
  return snapshot.data();
});
