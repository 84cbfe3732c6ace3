import express from 'express';
const app = express();
app.get('/report', async (req, res) => {
  try {
    res.json(await report());
  } catch (error) {
    res.status(500).send((error as Error).stack); // expect: js-verbose-error
  }
});
