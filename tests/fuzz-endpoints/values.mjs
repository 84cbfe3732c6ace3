// Values of a schema: valid ones, ones at its edges, and broken ones, each with what is wrong with it.
import { matching } from "./pattern.mjs";

const formats = {
	email: ["a@b.example", "first.last+tag@sub.example.org"], uuid: ["123e4567-e89b-42d3-a456-426614174000"], "date-time": ["2026-01-02T03:04:05Z", "1999-12-31T23:59:59.999+01:00"],
	date: ["2024-02-29"], time: ["03:04:05Z"], duration: ["P1DT2H"], uri: ["https://a.example/b?c#d"], "uri-reference": ["/a/b"], hostname: ["a.example"], ipv4: ["127.0.0.1"], ipv6: ["::1"], regex: ["^a+$"], "json-pointer": ["/a/0"],
};
const words = ["a", "Ada", "0", "true", "null", "naïve", "日本語", "🙂", "x y", "' OR 1=1 --", "<b>", "%00", "../..", "${7*7}", "{{7*7}}", "\u202e", "ﬀ", "İ", "O'Brien", "a\u0301"];

export class Values {
	/**
	 * @param {(ref: string) => object} resolve
	 * @param {(schema: object, value: unknown) => boolean} accepts
	 */
	constructor(random, resolve, accepts) {
		Object.assign(this, { random, resolve, accepts });
		/** What answers held, by member name: with it requests get past "there is no such order". */
		this.seen = new Map();
	}

	learn(value, name = "") {
		if (Array.isArray(value)) return value.slice(0, 20).forEach((item) => this.learn(item, name));
		if (typeof value === "object" && value !== null) return Object.entries(value).forEach(([key, inner]) => this.learn(inner, key));
		const known = this.seen.get(name) ?? [];
		if (known.length < 100 && !known.includes(value)) this.seen.set(name, [...known, value]);
	}

	/** A valid value for a member of this name: often one that the app itself has named so. */
	named(name, schema, depth = 0) {
		const known = [...(this.seen.get(name) ?? []), ...(this.seen.has(name) ? [] : (this.seen.get("id") ?? []))].filter((v) => this.accepts(schema, v));
		return known.length > 0 && this.random.chance(0.6) ? this.random.pick(known) : this.valid(schema, depth);
	}

	/** One value that the schema accepts. */
	valid(schema, depth = 0) {
		const s = this.whole(schema);
		if ("const" in s) return s.const;
		if (s.enum) return this.random.pick(s.enum);
		const union = s.oneOf ?? s.anyOf;
		if (union) return this.valid(depth > 4 ? (union.find((u) => !u.$ref) ?? union[0]) : this.random.pick(union), depth + 1);
		const type = Array.isArray(s.type) ? this.random.pick(s.type) : s.type;
		switch (type) {
			case "null":
				return null;
			case "boolean":
				return this.random.chance(0.5);
			case "integer":
			case "number":
				return this.number(s, type);
			case "string":
				return this.string(s);
			case "array":
				return this.array(s, depth);
			default:
				return this.object(s, depth);
		}
	}

	whole(schema) {
		if (!schema.$ref) return schema;
		const { $ref, ...beside } = schema;
		return { ...this.resolve($ref), ...beside };
	}

	number(s, type) {
		const step = s.multipleOf ?? (type === "integer" ? 1 : 0.25);
		const low = s.minimum ?? (s.exclusiveMinimum !== undefined ? s.exclusiveMinimum + step : -1000);
		const high = s.maximum ?? (s.exclusiveMaximum !== undefined ? s.exclusiveMaximum - step : Math.max(1000, low + 1000));
		const steps = Math.floor((high - low) / step);
		const first = Math.ceil(low / step) * step;
		// Small numbers get further than random ones: a quantity of 1 is in stock.
		if (this.random.chance(0.4)) return first;
		return this.random.chance(0.2) ? first + Math.max(0, steps - 1) * step : first + this.random.below(Math.max(1, Math.min(steps, 1e6))) * step;
	}

	string(s) {
		if (s["x-ward-type"] === "bytes" || s.contentEncoding) return Buffer.from(this.random.pick(["", "a", "bytes", "\u00ff\u0000"])).toString("base64");
		if (s.format && formats[s.format]) return this.random.pick(formats[s.format]);
		const most = Math.min(s.maxLength ?? 60, 200), least = s.minLength ?? 0;
		if (s.pattern) {
			for (let tries = 0; tries < 60; tries++) {
				const text = matching(s.pattern, this.random);
				if (new RegExp(s.pattern, "u").test(text) && [...text].length <= (s.maxLength ?? Infinity) && [...text].length >= least) return text;
			}
			throw new Error(`no text found for the pattern ${s.pattern}`);
		}
		const free = { multiline: ["two\nlines\t."], any: ["two\nlines\u0007"] }[s["x-ward-text"]] ?? [];
		let text = [...this.random.pick([...words, ...free, ...free, ...free])];
		const length = this.random.chance(0.2) ? this.random.pick([least, most]) : this.random.between(least, Math.max(least, Math.min(most, 20)));
		while (text.length < length) text = [...text, ..."abc"];
		return text.slice(0, Math.max(length, least)).join("");
	}

	array(s, depth) {
		if (s.prefixItems) return s.prefixItems.map((item) => this.valid(item, depth + 1));
		const least = s.minItems ?? 0, most = Math.min(s.maxItems ?? 5, least + 5);
		const items = Array.from({ length: depth > 4 || this.random.chance(0.5) ? least : this.random.between(least, most) }, () => this.valid(s.items, depth + 1));
		return s.uniqueItems ? [...new Map(items.map((i) => [JSON.stringify(i), i])).values()] : items;
	}

	object(s, depth) {
		const made = {};
		for (const [name, property] of Object.entries(s.properties ?? {}))
			if (s.required?.includes(name) || (depth < 5 && this.random.chance(0.5))) made[name] = this.named(name, property, depth + 1);
		if (typeof s.additionalProperties === "object" && depth < 5) for (let i = this.random.below(3); i > 0; i--) made[`k${i}`] = this.valid(s.additionalProperties, depth + 1);
		return made;
	}

	/** Values that a schema refuses, by what is wrong. The caller makes sure with a validator. */
	*broken(schema) {
		const s = this.whole(schema);
		for (const [why, value] of [["null", null], ["a number", 5], ["a string", "text"], ["a boolean", true], ["a list", []], ["an object", {}], ["nested lists", [[[[]]]]]]) yield [why, value];
		if (s.maxLength !== undefined) yield ["too long", "x".repeat(s.maxLength + 1)];
		if (s.minLength) yield ["too short", "x".repeat(s.minLength - 1)];
		for (const text of ["\u0000", "a\u0007b", "a\nb", "\ud800", "\u2028"]) yield [`text with ${JSON.stringify(text)}`, text];
		if (s.pattern || s.format || s.enum) for (const text of ["", " ", "!", "x".repeat(5000), "𝟙𝟚"]) yield ["text out of form", text];
		if (s.minimum !== undefined) yield ["too small", s.minimum - 1];
		if (s.maximum !== undefined) yield ["too large", s.maximum + 1];
		for (const n of [-1, 0.5, 1e21, -1e308, 9007199254740993, 2 ** 53, -0]) yield [`the number ${n}`, n];
		if (s.minItems) yield ["too few", []];
		if (s.maxItems !== undefined && s.items) yield ["too many", Array.from({ length: s.maxItems + 1 }, () => this.valid(s.items))];
	}
}
