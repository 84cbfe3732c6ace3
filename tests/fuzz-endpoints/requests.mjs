// Requests for one operation of an OpenAPI document: valid ones, one broken member at a time, and broken bytes.

/**
 * @typedef {{ kind: "valid" | "broken" | "bytes", why: string, method: string, path: string, body?: string | Buffer, type?: string }} Request
 */

export class Requests {
	constructor(method, template, operation, values, judge) {
		Object.assign(this, { method: method.toUpperCase(), template, operation, values, judge });
		this.parameters = operation.parameters ?? [];
		this.schema = operation.requestBody?.content?.["application/json"]?.schema;
		this.body = this.schema && values.whole(this.schema);
	}

	/** @returns {Request} */
	build(kind, why, members, body, type = "application/json") {
		const query = new URLSearchParams();
		let path = this.template;
		for (const { name, in: where } of this.parameters) {
			if (where === "path") path = path.replace(`{${name}}`, () => encodeURIComponent(textOf(members[name])));
			else for (const one of [members[name] ?? []].flat()) query.append(name, textOf(one));
		}
		const search = query.toString();
		return { kind, why, method: this.method, path: search ? `${path}?${search}` : path, ...(this.schema ? { body: typeof body === "object" && !Buffer.isBuffer(body) ? JSON.stringify(body) : body, type } : {}) };
	}

	parameterValues() {
		const { random } = this.values;
		return Object.fromEntries(this.parameters.filter((p) => p.required || random.chance(0.6)).map((p) => [p.name, this.values.named(p.name, p.schema)]));
	}

	bodyValue() {
		return this.body ? this.values.valid(this.schema) : undefined;
	}

	valid() {
		return this.build("valid", "valid", this.parameterValues(), this.bodyValue());
	}

	/** Every parameter and every member of the body, broken in every way that the schema itself refuses. */
	*broken() {
		for (const p of this.parameters)
			for (const [why, value] of this.values.broken(p.schema)) {
				const text = textOf(value);
				if (text === "" || [".", ".."].includes(text) || readable(p.schema, text, this.judge)) continue;
				yield this.build("broken", `${p.name}: ${why}`, { ...this.parameterValues(), [p.name]: value }, this.bodyValue());
			}
		if (!this.body) return;
		yield* this.brokenMembers(this.body, (value) => value, "");
		yield this.build("broken", "a member that nothing names", this.parameterValues(), { ...this.bodyValue(), surplus_: 1 });
		yield this.build("broken", "__proto__", this.parameterValues(), JSON.stringify(this.bodyValue()).replace("{", '{"__proto__":{"a":1},'));
	}

	*brokenMembers(schema, wrap, path) {
		for (const [name, property] of Object.entries(schema.properties ?? {})) {
			const inner = this.values.whole(property);
			for (const [why, value] of this.values.broken(property)) {
				if (this.judge.accepts(property, value)) continue;
				yield this.build("broken", `${path}/${name}: ${why}`, this.parameterValues(), wrap({ ...this.values.valid(schema), [name]: value }));
			}
			if (schema.required?.includes(name)) {
				const { [name]: gone, ...rest } = this.values.valid(schema);
				yield this.build("broken", `${path}/${name} is missing`, this.parameterValues(), wrap(rest));
			}
			const item = inner.items && this.values.whole(inner.items);
			if (item?.properties && path.length < 40)
				yield* this.brokenMembers(item, (value) => wrap({ ...this.values.valid(schema), [name]: [value] }), `${path}/${name}/0`);
			if (inner.properties && path.length < 40) yield* this.brokenMembers(inner, (value) => wrap({ ...this.values.valid(schema), [name]: value }), `${path}/${name}`);
		}
	}

	/** Bodies that are no JSON of the kind, whatever the type. */
	*bytes() {
		if (!this.body) return;
		const good = JSON.stringify(this.bodyValue());
		const bodies = [
			["nothing", ""], ["half", good.slice(0, -1)], ["twice", good + good], ["a tail", `${good}x`], ["a byte order mark", `\ufeff${good}`], ["a list", `[${good}]`], ["null", "null"], ["a comment", `${good}/**/`],
			["the same member twice", good.replace("{", '{"x":1,"x":2,')], ["invalid UTF-8", Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from('"}')])], ["a lone surrogate", '{"a":"\\ud800"}'],
			["NaN", '{"a":NaN}'], ["deep", "[".repeat(20000)], ["deep objects", '{"a":'.repeat(5000)], ["a long number", `{"a":${"9".repeat(100000)}}`], ["many members", `{${Array.from({ length: 20000 }, (_, i) => `"k${i}":0`).join()}}`],
			["a raw NUL", '{"a":"\u0000"}'], ["single quotes", "{'a':1}"], ["a long string", `{"a":"${"x".repeat(900000)}"}`], ["a trailing comma", '{"a":1,}'], ["plus", '{"a":+1}'], ["hexadecimal", '{"a":0x1}'],
		];
		for (const [why, body] of bodies) {
			if (why === "nothing" && this.judge.accepts(this.schema, {})) continue;
			yield this.build("bytes", why, this.parameterValues(), body);
		}
		for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html"]) yield this.build("other-type", type, this.parameterValues(), good, type);
	}
}

/** As a parameter is written into a URL. */
function textOf(value) {
	const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
	return text.toWellFormed ? text.toWellFormed() : text.replace(/[\ud800-\udfff]/gu, "\ufffd");
}

/** A parameter is text: "5" is a number and "true" a boolean where the type says so. */
function readable(schema, text, judge) {
	if (judge.accepts(schema, text)) return true;
	const item = schema.items ?? schema;
	if (judge.accepts(item, text)) return true;
	try {
		const value = JSON.parse(text);
		return judge.accepts(item, value) || Array.isArray(value);
	} catch {
		return false;
	}
}
