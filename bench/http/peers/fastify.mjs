// The handler of the bench on fastify, one process a core (cluster), with schemas in and out as its manual advises.
import cluster from "node:cluster";
import { createRequire } from "node:module";
const port = Number(process.argv[2]), processes = Number(process.argv[3] ?? 2);
if (cluster.isPrimary) {
	for (let i = 0; i < processes; i++) cluster.fork();
	process.on("SIGTERM", () => process.exit(0));
} else {
	const fastify = createRequire(import.meta.url)("fastify")();
	const body = {
		type: "object",
		properties: { name: { type: "string", minLength: 1, maxLength: 64 }, qty: { type: "integer", minimum: 1, maximum: 100 } },
		required: ["name", "qty"],
		additionalProperties: false,
	};
	const response = {
		200: { type: "object", properties: { greeting: { type: "string" }, total: { type: "number" } }, required: ["greeting", "total"] },
	};
	fastify.post("/echo", { schema: { body, response } }, async (request) => ({
		greeting: "hello " + request.body.name,
		total: Math.round(request.body.qty * 1999) / 100,
	}));
	await fastify.listen({ port, host: "127.0.0.1" });
}
