// Texts chosen to cost much: accepted ones, so that every byte is looked at.
const any = {};
const repeat = (n, f) => Array.from({ length: n }, (_, i) => f(i));
const tree = { $defs: { t: { anyOf: [
	{ type: "object", properties: { l: { $ref: "#/$defs/t" }, x: { const: 1 } }, required: ["x"], additionalProperties: false },
	{ type: "object", properties: { l: { $ref: "#/$defs/t" }, x: { const: 2 } }, required: ["x"], additionalProperties: false },
] } }, type: "array", items: { $ref: "#/$defs/t" } };
const nested = (n, k) => (n ? `{"l":${nested(n - 1, k)},"x":${k}}` : `{"x":${k}}`);
// No tag tells the options apart, but which members are there; and a tag that comes last, at every level.
const presence = { $defs: { t: { anyOf: [
	{ type: "object", properties: { l: { $ref: "#/$defs/t" }, a: { type: "integer" } }, required: ["a"], additionalProperties: false },
	{ type: "object", properties: { l: { $ref: "#/$defs/t" }, b: { type: "integer" } }, required: ["b"], additionalProperties: false },
] } }, type: "array", items: { $ref: "#/$defs/t" } };
const late = { $defs: { t: { oneOf: [["p", "integer"], ["q", "string"]].map(([k, a]) => (
	{ type: "object", properties: { l: { $ref: "#/$defs/t" }, a: { type: a }, k: { const: k } }, required: ["k"], additionalProperties: false })) } },
	type: "array", items: { $ref: "#/$defs/t" } };
const chain = (n, end) => (n ? `{"l":${chain(n - 1, end)},${end}}` : `{${end}}`);
const text = (value) => JSON.stringify(value);

export const adversaries = [
	{ name: "depth", schema: { type: "array", items: any }, text: `[${repeat(800, () => "[".repeat(120) + "]".repeat(120)).join(",")}]` },
	{ name: "long-numbers", schema: { type: "array", items: { type: "number" } }, text: `[${repeat(100, (i) => "1" + "234567890".repeat(100) + i).join(",")}]` },
	{ name: "seventeen-digits", schema: { type: "array", items: { type: "number" } }, text: text(repeat(5000, (i) => Math.sin(i + 1))) },
	{ name: "many-keys", schema: { type: "object", maxProperties: 20000, additionalProperties: { type: "integer" } },
		text: text(Object.fromEntries(repeat(8000, (i) => [`key-${i}`, i]))) },
	{ name: "escapes", schema: { type: "array", items: { type: "string" } }, text: `[${repeat(2000, () => '"' + "\\u00e4".repeat(8) + '"').join(",")}]` },
	{ name: "wide-text", schema: { type: "array", items: { type: "string" } }, text: text(repeat(1000, () => "東京都千代田区".repeat(5))) },
	{ name: "near-miss-pattern", schema: { type: "array", items: { type: "string", pattern: "^(a+)+$|b$" } },
		text: text(repeat(1000, () => "a".repeat(99) + "cb")) },
	{ name: "nested-unions", schema: tree, text: `[${repeat(100, (i) => nested(100, 1 + (i % 2))).join(",")}]` },
	{ name: "nested-presence", schema: presence, text: `[${repeat(100, (i) => chain(100, i % 2 ? '"a":1' : '"b":2')).join(",")}]` },
	{ name: "nested-late-tags", schema: late, text: `[${repeat(100, (i) => chain(100, i % 2 ? '"a":1,"k":"p"' : '"a":"1","k":"q"')).join(",")}]` },
	{ name: "late-tags", schema: { type: "array", items: { oneOf: [
		{ type: "object", properties: { a: { type: "array", items: { type: "integer" } }, k: { const: "x" } }, required: ["k"], additionalProperties: false },
		{ type: "object", properties: { a: { type: "array", items: { type: "integer" } }, k: { const: "y" } }, required: ["k"], additionalProperties: false },
	] } }, text: text(repeat(500, (i) => ({ a: repeat(50, (k) => k), k: i % 2 ? "x" : "y" }))) },
	{ name: "empty-containers", schema: { type: "array", items: any, maxItems: 100000 }, text: `[${repeat(30000, () => "{}").join(",")}]` },
];
