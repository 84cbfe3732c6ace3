import fs from "fs";
import handlebars from "handlebars";

export const handler = async (event) => {
  const name = event.queryStringParameters.template;
  const source = fs.readFileSync(`./templates/${name}`, "utf8"); // expect: js-path-traversal
  const body = JSON.parse(event.body);
  const layout = handlebars.compile(body.layout); // expect: js-code-injection
  return { statusCode: 200, headers: { "Content-Type": "text/html" }, body: layout({ source, title: body.title }) }; // expect: js-html-injection
};
