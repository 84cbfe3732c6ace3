// What an answer must be: in time, no failure of the server but overload, and of the type that the OpenAPI document declares.
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "package.json"));

export class Judge {
	constructor(document) {
		const Ajv = require("ajv/dist/2020").default;
		this.ajv = new Ajv({ strict: false, allErrors: false });
		require("ajv-formats").default(this.ajv);
		this.ajv.addSchema(document, "doc");
		this.document = document;
		this.compiled = new Map();
	}

	/** Whether the operation's own schema accepts a value of one member, or undefined when it is not JSON. */
	accepts(schema, value) {
		const key = JSON.stringify(schema);
		if (!this.compiled.has(key)) this.compiled.set(key, this.ajv.compile(JSON.parse(key.replaceAll('"#/components/', '"doc#/components/'))));
		return this.compiled.get(key)(value);
	}

	/** What is wrong with an answer; undefined: nothing. */
	fault(operation, answer) {
		if (answer.failed) return answer.failed;
		const { status, type, text, headers } = answer;
		const declared = operation.responses[status] ?? operation.responses[`${Math.floor(status / 100)}XX`] ?? operation.responses.default;
		if (status === 503 && headers["retry-after"]) return undefined;
		if (status >= 500 && !operation.responses[status]) return `status ${status}: ${text.slice(0, 200)}`;
		if (!declared) return `status ${status} is not declared`;
		const content = declared.content ?? {};
		const kind = type?.split(";")[0];
		if (Object.keys(content).length === 0) return text === "" ? undefined : `a body where none is declared: ${text.slice(0, 100)}`;
		if (!content[kind]) return `content type ${type} is not declared for ${status}`;
		if (headers["x-content-type-options"] !== "nosniff") return "x-content-type-options is missing";
		return kind.endsWith("json") ? this.bodyFault(content[kind].schema, text, status) : undefined;
	}

	bodyFault(schema, text, status) {
		let value;
		try {
			value = JSON.parse(text);
		} catch {
			return `status ${status} with a body that is no JSON: ${text.slice(0, 100)}`;
		}
		return this.accepts(schema, value) ? undefined : `status ${status} with a body outside its declared type: ${text.slice(0, 300)}`;
	}
}
