import express from 'express';
const app = express();
app.get('/report', async (req, res) => {
  try {
    res.json(await report());
  } catch (error) {
    console.error(error);
    res.status(500).send('the report failed');
  }
});
