const plugins = { csv: require("./plugins/csv"), pdf: require("./plugins/pdf") };
exports.handler = async (event) => (event.queryStringParameters.plugin === "pdf" ? plugins.pdf : plugins.csv).run(event);
