// Text that matches a regular expression, for the part of the syntax that patterns in contracts use. Whoever calls it checks
// the result against the expression itself.

/** @returns {string} */
export function matching(pattern, random) {
	const parser = { text: pattern, at: 0 };
	return generate(parseAlternatives(parser), random);
}

function parseAlternatives(p) {
	const options = [[]];
	while (p.at < p.text.length && p.text[p.at] !== ")") {
		if (p.text[p.at] === "|") {
			p.at++;
			options.push([]);
		} else options.at(-1).push(parsePiece(p));
	}
	return { kind: "either", options };
}

function parsePiece(p) {
	const atom = parseAtom(p);
	const quantifier = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(p.text.slice(p.at));
	if (!quantifier) return { atom, least: 1, most: 1 };
	p.at += quantifier[0].length;
	const [, sign, low, comma, high] = quantifier;
	if (sign) return { atom, least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : 8 };
	return { atom, least: Number(low), most: comma === undefined ? Number(low) : high === "" ? Number(low) + 8 : Number(high) };
}

const classes = { d: [[48, 57]], w: [[48, 57], [65, 90], [95, 95], [97, 122]], s: [[32, 32]] };
const escapes = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v", 0: "\0" };

function parseAtom(p) {
	const c = p.text[p.at++];
	if (c === "(") {
		const special = /^\?(:|<?[=!]|<\w+>)/.exec(p.text.slice(p.at));
		if (special) p.at += special[0].length;
		const inner = parseAlternatives(p);
		p.at++;
		return special && /[=!]/.test(special[1]) ? { kind: "text", text: "" } : inner;
	}
	if (c === "[") return parseClass(p);
	if (c === "^" || c === "$") return { kind: "text", text: "" };
	if (c === ".") return { kind: "set", ranges: [[33, 126]] };
	if (c !== "\\") return { kind: "text", text: c };
	const e = p.text[p.at++];
	if (classes[e]) return { kind: "set", ranges: classes[e] };
	if (/[DWS]/.test(e)) return { kind: "set", ranges: [[36, 38]] };
	if (e === "b" || e === "B") return { kind: "text", text: "" };
	if (e === "u" || e === "x") return { kind: "text", text: hexEscape(p, e) };
	return { kind: "text", text: escapes[e] ?? e };
}

function hexEscape(p, kind) {
	const found = (kind === "x" ? /^[0-9a-fA-F]{2}/ : /^(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{4})/).exec(p.text.slice(p.at));
	p.at += found?.[0].length ?? 0;
	return String.fromCodePoint(parseInt(found?.[0].replace(/[{}]/g, "") ?? "78", 16));
}

function parseClass(p) {
	const negated = p.text[p.at] === "^";
	if (negated) p.at++;
	const ranges = [];
	while (p.at < p.text.length && p.text[p.at] !== "]") {
		const low = classCharacter(p, ranges);
		if (low === undefined) continue;
		if (p.text[p.at] === "-" && p.text[p.at + 1] !== "]") {
			p.at++;
			ranges.push([low, classCharacter(p, ranges) ?? low]);
		} else ranges.push([low, low]);
	}
	p.at++;
	return negated ? { kind: "set", ranges: [[33, 126]], not: ranges } : { kind: "set", ranges };
}

function classCharacter(p, ranges) {
	const c = String.fromCodePoint(p.text.codePointAt(p.at));
	p.at += c.length;
	if (c !== "\\") return c.codePointAt(0);
	const e = p.text[p.at++];
	if (classes[e]) return void ranges.push(...classes[e]);
	if (/[DWS]/.test(e)) return void ranges.push([33, 47]);
	if (e === "u" || e === "x") return hexEscape(p, e).codePointAt(0);
	return (escapes[e] ?? e).codePointAt(0);
}

function generate(node, random) {
	if (node.kind === "text") return node.text;
	if (node.kind === "set") return fromSet(node, random);
	return random.pick(node.options).map(({ atom, least, most }) => {
		const times = random.between(least, Math.max(least, most));
		return Array.from({ length: times }, () => generate(atom, random)).join("");
	}).join("");
}

function fromSet({ ranges, not = [] }, random) {
	for (let tries = 0; tries < 50; tries++) {
		const [low, high] = random.pick(ranges);
		const point = random.between(low, Math.min(high, low + 0x500));
		if (!not.some(([a, b]) => point >= a && point <= b)) return String.fromCodePoint(point);
	}
	return "x";
}
