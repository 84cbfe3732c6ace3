// The same read on fastify and pg in one process: schemas in and out, a pool of as many connections as ward has, named statements.
import { createRequire } from "node:module";
const port = Number(process.argv[2]), url = process.argv[3];
const require = createRequire(import.meta.url);
const fastify = require("fastify")(), { Pool } = require("pg");
const pool = new Pool({ connectionString: url, max: 24 });
const integer = { type: "integer" };
fastify.get("/products/:id", {
	schema: {
		params: { type: "object", properties: { id: { type: "integer", minimum: 1, maximum: 1000 } }, required: ["id"] },
		response: { 200: { type: "object", properties: { id: integer, name: { type: "string" }, price: integer, stock: integer },
			required: ["id", "name", "price", "stock"] } },
	},
}, async (request, reply) => {
	const { rows } = await pool.query({ name: "get", text: "SELECT id, name, price, stock FROM products WHERE id = $1", values: [request.params.id] });
	return rows[0] ?? reply.code(404).send({ error: "no such product" });
});
process.on("SIGTERM", () => process.exit(0));
await fastify.listen({ port, host: "127.0.0.1" });
