// The same read on fastify and better-sqlite3 in one process, with schemas in and out and a prepared statement.
import { createRequire } from "node:module";
import { readFileSync, rmSync } from "node:fs";
const port = Number(process.argv[2]), file = process.argv[3], migration = process.argv[4];
const require = createRequire(import.meta.url);
const fastify = require("fastify")(), Database = require("better-sqlite3");
rmSync(file, { force: true });
const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = NORMAL");
db.exec(readFileSync(migration, "utf8"));
const get = db.prepare("SELECT id, name, price, stock FROM products WHERE id = :id");
const integer = { type: "integer" };
fastify.get("/products/:id", {
	schema: {
		params: { type: "object", properties: { id: { type: "integer", minimum: 1, maximum: 1000 } }, required: ["id"] },
		response: { 200: { type: "object", properties: { id: integer, name: { type: "string" }, price: integer, stock: integer },
			required: ["id", "name", "price", "stock"] } },
	},
}, async (request, reply) => get.get({ id: request.params.id }) ?? reply.code(404).send({ error: "no such product" }));
process.on("SIGTERM", () => process.exit(0));
await fastify.listen({ port, host: "127.0.0.1" });
