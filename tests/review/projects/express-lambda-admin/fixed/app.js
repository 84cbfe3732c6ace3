const express = require("express");
const serverless = require("serverless-http");
const app = express();
app.use(express.json());
app.get("/redirect", (req, res) => res.redirect("/home"));
app.get("/page", (req, res) => res.json({ title: req.query.title }));
app.use((err, req, res, next) => res.status(500).send("error"));
module.exports.handler = serverless(app);
