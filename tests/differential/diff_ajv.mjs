// Generated schemas and values, given to ours and to ajv: diff_ajv.mjs CASES [SEED]. Both must take or refuse the same. Where
// they differ by choice the case is counted under its reason (docs/json.md lists them). Of the rest a third validator is the
// judge, since ajv fails 62 required cases of the outside suite: what it does not decide for ours fails the run.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const build = process.env.WARD_BUILD ?? path.join(root, "build");
if (!existsSync(path.join(root, "tests", "node_modules", "@hyperjump"))) {
	console.log("skipped: npm packages of tests/ are not installed");
	process.exit(77);
}
const Ajv = createRequire(path.join(root, "tests", "package.json"))("ajv/dist/2020").default;
const { registerSchema, unregisterSchema, validate: judge } = await import(
	pathToFileURL(path.join(root, "tests", "node_modules", "@hyperjump", "json-schema", "draft-2020-12", "index.js")).href);
const cases = Number(process.argv[2] ?? 20000);
let seed = BigInt(process.argv[3] ?? 4711);
const below = (n) => {
	seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
	return Number((seed >> 33n) % BigInt(n));
};
const pick = (list) => list[below(list.length)];
const chance = (n) => below(n) === 0;

const names = ["a", "b", "c", "kind", "ab", "x1"];
const strings = ["", "a", "ab", "abc", "b", "x1", "ä", "東京", "😀", "aaaa", "A-1", "null", "0", "a\nb", "\u0000"];
const numbers = [0, 1, -1, 2, 3, 10, 0.5, 1.5, -2.5, 100, 1e3, 1e-3, 0.1, 0.3, 1e10, 123456789, 4.25];
const patterns = ["^a", "b$", "^[a-z]*$", "a+b?", "^(a|b)+$", "^.$", "\\d", "^\\w+$", "[^a]", "^$", "\\u00e4", "a{2,3}", "^(?!a)", "\\bab\\b", "(a)\\1"];
const types = ["null", "boolean", "integer", "number", "string", "array", "object"];

const value = (depth = 0) => {
	const kind = below(depth > 3 ? 5 : 7);
	if (kind === 0) return pick([null, true, false]);
	if (kind < 3) return pick(numbers);
	if (kind < 5) return pick(strings);
	if (kind === 5) return Array.from({ length: below(4) }, () => value(depth + 1));
	return Object.fromEntries(Array.from({ length: below(4) }, () => [pick(names), value(depth + 1)]));
};

const small = () => below(4);
const list = (depth) => Array.from({ length: 1 + below(3) }, () => schema(depth + 1));
const map = (depth, keys) => Object.fromEntries(Array.from({ length: 1 + below(3) }, () => [pick(keys), schema(depth + 1)]));
const keywords = {
	type: () => (chance(3) ? [...new Set([pick(types), pick(types)])] : pick(types)),
	enum: () => [...new Set(Array.from({ length: 1 + below(3) }, () => JSON.stringify(value(2))))].map((t) => JSON.parse(t)),
	const: () => value(2),
	minimum: () => pick(numbers), maximum: () => pick(numbers), exclusiveMinimum: () => pick(numbers), exclusiveMaximum: () => pick(numbers),
	multipleOf: () => pick([1, 2, 3, 0.5, 0.25, 5, 10]),
	minLength: small, maxLength: small, pattern: () => pick(patterns),
	minItems: small, maxItems: small, uniqueItems: () => true,
	items: (d) => schema(d + 1), prefixItems: list, contains: (d) => schema(d + 1), minContains: small, maxContains: small,
	properties: (d) => map(d, names), required: () => [...new Set([pick(names), pick(names)])],
	additionalProperties: (d) => (chance(2) ? false : schema(d + 1)), patternProperties: (d) => map(d, ["^a", "b", "^x\\d$", "."]),
	propertyNames: (d) => schema(d + 1), minProperties: small, maxProperties: small,
	dependentRequired: () => ({ [pick(names)]: [pick(names)] }), dependentSchemas: (d) => map(d, names),
	allOf: list, anyOf: list, oneOf: list, not: (d) => schema(d + 1),
	if: (d) => schema(d + 1), then: (d) => schema(d + 1), else: (d) => schema(d + 1),
	unevaluatedProperties: (d) => (chance(2) ? false : schema(d + 1)), unevaluatedItems: (d) => (chance(2) ? false : schema(d + 1)),
	$ref: () => pick(["#/$defs/one", "#/$defs/two"]),
};
const all = Object.keys(keywords);
const typical = ["type", "properties", "required", "items", "anyOf", "oneOf", "enum", "const", "minimum", "minLength", "additionalProperties", "$ref"];

function schema(depth = 0) {
	if (depth > 3 || chance(12)) return chance(6) ? chance(2) : { type: pick(types) };
	const made = {};
	for (let n = 1 + below(3); n > 0; n--) {
		const keyword = chance(2) ? pick(typical) : pick(all);
		made[keyword] = keywords[keyword](depth);
	}
	return made;
}

// A discriminated union now and then: chance alone seldom makes one.
const tagged = () => ({ [pick(["anyOf", "oneOf"])]: ["a", "b", "ab"].map((k) => ({ type: "object", required: ["kind"],
	properties: { kind: pick([{ const: k }, { enum: [k, `${k}1`] }]), a: schema(3) }, additionalProperties: chance(2) })) });

// Unions of closed objects that a literal of any kind, the presence of members, or nothing at all tells apart.
const apart = () => {
	const shared = { a: schema(3), b: { type: pick(types) }, l: { $ref: "#" } };
	const literal = () => pick([{ const: pick([1, 2, 1.5, true, false, null, "a", "b"]) }, { enum: [pick([1, 3]), "a", pick([true, null])] }, { const: 1.0, type: "integer" }, { type: "string" }]);
	const option = () => {
		const properties = Object.fromEntries(Object.entries(shared).filter(() => !chance(3)));
		if (!chance(4)) properties.kind = literal();
		if (chance(4)) properties.b = literal();
		return { type: "object", properties, required: Object.keys(properties).filter((k) => k !== "l" && chance(2)), additionalProperties: false };
	};
	return { [pick(["anyOf", "oneOf"])]: [...Array.from({ length: 2 + below(3) }, option), ...(chance(3) ? [{ type: pick(["null", "string", "array"]) }] : [])] };
};

// $defs refer only to what is above them: a reference in a circle on one value is an error for us, a stack overflow for ajv.
const document = () => {
	const top = chance(6) ? tagged() : chance(5) ? apart() : schema();
	const strip = (s) => JSON.parse(JSON.stringify(s, (k, v) => (k === "$ref" ? undefined : v)));
	whole = top;
	return typeof top === "boolean" ? top : { ...top, $defs: { one: strip(schema(2)), two: { type: pick(types), properties: { a: { $ref: "#" }, b: { $ref: "#/$defs/one" } } } } };
};

let whole = true;
// A value likely to be of the type: what literals, properties and bounds of the schema suggest, mixed with chance.
const suggested = (s, depth = 0) => {
	if (typeof s !== "object" || s === null || depth > 4 || chance(s.additionalProperties === false ? 12 : 5)) return value(depth);
	if (s.$ref === "#") return suggested(whole, depth + 1);
	if ("const" in s && !chance(4)) return s.const;
	if (s.enum && !chance(4)) return pick(s.enum);
	for (const k of ["anyOf", "oneOf", "allOf"]) if (s[k] && chance(2)) return suggested(pick(s[k]), depth + 1);
	if (s.properties || s.required || s.additionalProperties || s.patternProperties || s.type === "object") {
		const made = {};
		const keys = Object.entries(s.properties ?? {});
		if (chance(2)) keys.reverse();
		for (const [k, v] of keys) if (!chance(4)) made[k] = suggested(v, depth + 1);
		for (const k of s.required ?? []) if (!(k in made) && !chance(5)) made[k] = value(depth + 1);
		if (chance(3)) made[pick(names)] = value(depth + 1);
		return made;
	}
	if (s.items || s.prefixItems || s.contains || s.type === "array")
		return [...(s.prefixItems ?? []).map((v) => suggested(v, depth + 1)), ...Array.from({ length: below(4) }, () => suggested(s.items ?? s.contains, depth + 1))];
	if (s.type === "string" || s.pattern || "minLength" in s) return pick(strings);
	if (s.type === "number" || s.type === "integer" || "minimum" in s || "maximum" in s) return pick(numbers);
	return value(depth);
};

// Differences by choice, by what ajv says or does.
const schemaReasons = [
	[/cannot be bounded/, "a pattern that could take exponential time: refused by us"],
	[/refers to itself/, "a schema that refers to itself on one value: refused by us"],
];

const ours = spawn(path.join(build, "tests", "differential", "schema_server"), { stdio: ["pipe", "pipe", "inherit"] });
let pending = "", wake;
ours.stdout.setEncoding("utf8");
const answers = [];
ours.stdout.on("data", (chunk) => {
	const lines = (pending + chunk).split("\n");
	pending = lines.pop();
	answers.push(...lines);
	wake?.();
});
const ask = async (lines) => {
	answers.length = 0;
	ours.stdin.write(lines.map((l) => l + "\n").join("") + "F\n");
	while (answers.length < lines.length) await new Promise((resolve) => (wake = resolve));
	return [...answers];
};

// Whether the third validator says the same as we do.
const judged = { schema: null, check: null, uri: "http://ward.test/judged" };
const judgeAgrees = async (s, v, taken) => {
	if (judged.schema !== s) {
		if (judged.schema !== null) unregisterSchema(judged.uri);
		judged.schema = s;
		registerSchema({ $schema: "https://json-schema.org/draft/2020-12/schema", ...(typeof s === "boolean" ? { allOf: [s] } : s) }, judged.uri);
		judged.check = await judge(judged.uri);
	}
	return judged.check(v).valid === taken;
};

const perSchema = 100;
const counts = { schemas: 0, values: 0, taken: 0, unexplained: 0, reasons: {} };
const report = (what, s, v, theirs, answer) => {
	if (counts.unexplained++ < 20) console.log(`${what}\n  schema ${JSON.stringify(s)}\n  value ${JSON.stringify(v)}\n  ajv ${theirs}, ours ${answer}`);
};
while (counts.values < cases) {
	const s = document();
	let validate;
	try {
		validate = new Ajv({ strict: false, allErrors: false, validateFormats: false, logger: false }).compile(s);
	} catch (e) {
		continue; // no schema by ajv's meta-schema
	}
	const values = Array.from({ length: perSchema }, () => suggested(s));
	const theirs = values.map((v) => {
		try {
			return validate(v);
		} catch (e) {
			return "throws";
		}
	});
	const [made, ...verdicts] = await ask([`S ${JSON.stringify(s)}`, ...values.map((v) => `V ${JSON.stringify(v)}`)]);
	counts.schemas++;
	if (made !== "+") {
		const reason = schemaReasons.find(([pattern]) => pattern.test(made));
		if (reason) counts.reasons[reason[1]] = (counts.reasons[reason[1]] ?? 0) + 1;
		else report("schema refused", s, null, "takes it", made);
		continue;
	}
	for (const [i, v] of values.entries()) {
		counts.values++;
		const taken = verdicts[i] === "1";
		if (taken) counts.taken++;
		if (taken === theirs[i]) continue;
		const reason = theirs[i] === "throws" ? "ajv overflows its stack"
			: (await judgeAgrees(s, v, taken)) ? `ajv is alone: the third validator sides with ours (${JSON.stringify(s).includes("unevaluated") ? "" : "no "}unevaluated* in the schema)` : null;
		if (reason && !(reason in counts.reasons)) console.log(`for example, ${reason}\n  schema ${JSON.stringify(s)}\n  value ${JSON.stringify(v)}\n  ajv ${theirs[i]}`);
		if (reason) counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1;
		else report("verdicts differ", s, v, theirs[i], verdicts[i]);
	}
}
ours.stdin.end();
console.log(`${counts.values} values under ${counts.schemas} schemas: ${counts.taken} taken, ${counts.unexplained} unexplained differences`);
for (const [reason, n] of Object.entries(counts.reasons)) console.log(`  ${n} ${reason}`);
process.exit(counts.unexplained > 0 ? 1 : 0);
