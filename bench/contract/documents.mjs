// The documents of the validation bench: orders as a shop's API takes them, by a fixed pseudo-random generator.
let seed = 42;
const random = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);
const pick = (list) => list[Math.floor(random() * list.length)];
const words = ("lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore " +
	"magna aliqua Größe façade naïve 東京").split(" ");
const text = (n) => Array.from({ length: n }, () => pick(words)).join(" ");
const hex = (n) => Array.from({ length: n }, () => pick([..."0123456789abcdef"])).join("");
const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
const date = () => new Date(1.7e12 + Math.floor(random() * 1e11)).toISOString();

const line = () => ({
	sku: `SKU-${hex(6).toUpperCase()}`,
	title: text(4),
	quantity: 1 + Math.floor(random() * 9),
	price: Math.floor(random() * 100000) / 100,
	discount: random() < 0.5 ? null : Math.round(random() * 100) / 100,
	tags: Array.from({ length: Math.floor(random() * 4) }, () => pick(words)),
	gift: random() < 0.3,
});

const order = (lines) => ({
	id: uuid(),
	customer: { name: text(2), email: `user${Math.floor(random() * 1e6)}@example.org`, country: pick(["DE", "FR", "JP", "US"]) },
	placedAt: date(),
	status: pick(["new", "paid", "shipped"]),
	payment: random() < 0.5 ? { kind: "card", last4: "4242", expires: "2030-12" } : { kind: "invoice", reference: hex(12) },
	lines: Array.from({ length: lines }, line),
	note: text(6),
});

const small = () => ({
	id: uuid(), name: text(2), email: "user@example.org", quantity: 3, price: 19.99, status: "paid", gift: true, note: "leave at door",
});

const string = (rest = {}) => ({ type: "string", ...rest });
const object = (properties, optional = []) => ({
	type: "object", properties, required: Object.keys(properties).filter((k) => !optional.includes(k)), additionalProperties: false,
});
const status = { enum: ["new", "paid", "shipped"] };

export const smallSchema = object({
	id: string({ format: "uuid" }), name: string({ minLength: 1, maxLength: 80 }), email: string({ format: "email", maxLength: 120 }),
	quantity: { type: "integer", minimum: 1, maximum: 1000 }, price: { type: "number", minimum: 0 }, status, gift: { type: "boolean" },
	note: string({ maxLength: 500 }),
});

export const orderSchema = object({
	id: string({ format: "uuid" }),
	customer: object({ name: string({ minLength: 1, maxLength: 80 }), email: string({ format: "email", maxLength: 120 }),
		country: string({ pattern: "^[A-Z]{2}$" }) }),
	placedAt: string({ format: "date-time" }),
	status,
	payment: { oneOf: [
		object({ kind: { const: "card" }, last4: string({ pattern: "^[0-9]{4}$" }), expires: string({ maxLength: 7 }) }),
		object({ kind: { const: "invoice" }, reference: string({ maxLength: 40 }) }),
	] },
	lines: { type: "array", minItems: 1, maxItems: 100000, items: object({
		sku: string({ pattern: "^SKU-[0-9A-F]{6}$" }), title: string({ minLength: 1, maxLength: 200 }),
		quantity: { type: "integer", minimum: 1, maximum: 1000 }, price: { type: "number", minimum: 0 },
		discount: { anyOf: [{ type: "number", minimum: 0, maximum: 1 }, { type: "null" }] },
		tags: { type: "array", maxItems: 10, items: string({ maxLength: 40 }) }, gift: { type: "boolean" },
	}) },
	note: string({ maxLength: 2000 }),
});

export const documents = [
	{ name: "validate-200B", schema: smallSchema, value: small() },
	{ name: "validate-1kB", schema: orderSchema, value: order(4) },
	{ name: "validate-10kB", schema: orderSchema, value: order(55) },
	{ name: "validate-100kB", schema: orderSchema, value: order(560) },
	{ name: "validate-1MB", schema: orderSchema, value: order(5800) },
];
