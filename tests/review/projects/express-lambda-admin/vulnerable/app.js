const express = require("express");
const serverless = require("serverless-http");
const app = express();
app.use(express.json());
app.get("/redirect", (req, res) => res.redirect(req.query.next)); // expect: js-open-redirect
app.get("/page", (req, res) => res.send("<h1>" + req.query.title + "</h1>")); // expect: js-html-injection
app.use((err, req, res, next) => res.status(500).send(err.stack)); // expect: js-verbose-error
module.exports.handler = serverless(app);
