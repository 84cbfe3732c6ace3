// console: lines for the log, in the manner of Node.
const functionText = uncurry(Function.prototype.toString);
const identifier = /^[A-Za-z_$][\w$]*$/;
const quote = (text) => "'" + text.replace(/[\\'\n\r\t]/g, (c) => ({ "\n": "\\n", "\r": "\\r", "\t": "\\t" })[c] ?? "\\" + c) + "'";

const className = (value) => {
	const proto = getPrototypeOf(value);
	if (proto === null) return "[Object: null prototype]";
	const made = proto.constructor;
	return typeof made === "function" && made.name ? made.name : "Object";
};

const inspectEntries = (value, depth, seen) => {
	const parts = [];
	const isArray = Array.isArray(value);
	if (isArray || ArrayBuffer.isView(value)) {
		const shown = Math.min(value.length ?? 0, 100);
		for (let i = 0; i < shown; i++) parts.push(i in value ? inspect(value[i], depth + 1, seen) : "<empty>");
		if (value.length > shown) parts.push("... " + (value.length - shown) + " more");
		if (!isArray) return parts;
	} else if (value instanceof Map) {
		for (const [k, v] of value) parts.push(inspect(k, depth + 1, seen) + " => " + inspect(v, depth + 1, seen));
	} else if (value instanceof Set) {
		for (const v of value) parts.push(inspect(v, depth + 1, seen));
	}
	for (const key of ownKeys(value)) {
		if (isArray && String(key >>> 0) === key) continue;
		const d = getOwnPropertyDescriptor(value, key);
		const shown = d.get ? "[Getter]" : inspect(d.value, depth + 1, seen);
		parts.push((identifier.test(key) ? key : quote(key)) + ": " + shown);
	}
	return parts;
};

const inspectObject = (value, depth, seen) => {
	if (value instanceof Error) {
		const stack = value.stack ? "\n" + String(value.stack).trimEnd() : "";
		const cause = value.cause !== undefined && depth < 4 ? "\n[cause]: " + inspect(value.cause, depth + 1, seen) : "";
		return exported.describe(value) + stack + cause;
	}
	if (value instanceof Date) return isNaN(apply(dateValue, value, [])) ? "Invalid Date" : value.toISOString();
	if (value instanceof RegExp) return String(value);
	if (typeof value === "function") return "[" + (/^class\b/.test(functionText(value)) ? "class" : "Function") + ": " + (value.name || "(anonymous)") + "]";
	if (value instanceof Promise) return "Promise {}";
	const name = className(value);
	const array = Array.isArray(value);
	if (depth > 3) return array ? "[Array]" : "[" + name + "]";
	if (seen.includes(value)) return "[Circular]";
	const parts = inspectEntries(value, depth, [...seen, value]);
	const open = array ? "[" : "{", close = array ? "]" : "}";
	const size = value instanceof Map || value instanceof Set ? "(" + value.size + ") " : " ";
	const prefix = array || name === "Object" ? "" : name + (ArrayBuffer.isView(value) ? "(" + (value.length ?? value.byteLength) + ") " : size);
	if (parts.length === 0) return prefix + open + close;
	const line = parts.join(", ");
	const space = "  ".repeat(depth + 1);
	if (line.length > 72 || line.includes("\n"))
		return prefix + open + "\n" + space + parts.join(",\n" + space) + "\n" + "  ".repeat(depth) + close;
	return prefix + open + " " + line + " " + close;
};

function inspect(value, depth = 0, seen = []) {
	switch (typeof value) {
		case "string":
			return depth === 0 ? value : quote(value);
		case "bigint":
			return value + "n";
		case "symbol":
			return value.toString();
		case "object":
		case "function":
			return value === null ? "null" : inspectObject(value, depth, seen);
		default:
			return Object.is(value, -0) ? "-0" : String(value);
	}
}

const directives = {
	s: (v) => (typeof v === "object" && v !== null ? inspect(v, 1) : inspect(v)),
	d: (v) => (typeof v === "bigint" ? v + "n" : typeof v === "symbol" ? "NaN" : String(Number(v))),
	i: (v) => (typeof v === "bigint" ? v + "n" : typeof v === "symbol" ? "NaN" : String(parseInt(v, 10))),
	f: (v) => (typeof v === "symbol" ? "NaN" : String(parseFloat(v))),
	j: (v) => JSON.stringify(v),
	o: (v) => inspect(v, 1),
	O: (v) => inspect(v, 1),
	c: () => "",
};

const format = (args) => {
	let used = 0, text = "";
	if (typeof args[0] === "string") {
		used = 1;
		text = args[0].replace(/%([sdifjoOc%])/g, (whole, d) => (d === "%" ? "%" : used < args.length ? directives[d](args[used++]) : whole));
	}
	for (; used < args.length; used++) text += (used > 0 ? " " : "") + inspect(args[used]);
	return text;
};

let indent = "";
const counts = new Map(), clocks = new Map();
const say = (level, args) => {
	const text = format(args);
	hostLog(level, indent === "" ? text : indent + text.replace(/\n/g, "\n" + indent));
};

hide(global, "console", {
	debug: (...args) => say(0, args),
	log: (...args) => say(1, args),
	info: (...args) => say(1, args),
	warn: (...args) => say(2, args),
	error: (...args) => say(3, args),
	dir: (value) => say(1, [typeof value === "string" ? quote(value) : value]),
	trace: (...args) => say(0, [format(["Trace:", ...args]) + "\n" + new Error().stack.trimEnd()]),
	assert: (ok, ...args) => {
		if (!ok) say(3, args.length > 0 ? ["Assertion failed:", ...args] : ["Assertion failed"]);
	},
	table: (rows) => say(1, [rows]),
	group: (...args) => {
		if (args.length > 0) say(1, args);
		indent += "  ";
	},
	groupEnd: () => {
		indent = indent.slice(2);
	},
	count: (label = "default") => {
		counts.set(label, (counts.get(label) ?? 0) + 1);
		say(1, [label + ": " + counts.get(label)]);
	},
	countReset: (label = "default") => counts.delete(label),
	time: (label = "default") => clocks.set(label, hostNow()),
	timeLog: (label = "default", ...args) => say(1, [label + ": " + (hostNow() - (clocks.get(label) ?? 0)).toFixed(1) + "ms", ...args]),
	timeEnd: (label = "default") => {
		say(1, [label + ": " + (hostNow() - (clocks.get(label) ?? 0)).toFixed(1) + "ms"]);
		clocks.delete(label);
	},
});
