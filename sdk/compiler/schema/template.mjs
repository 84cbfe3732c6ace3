// Template literal types to patterns: `order-${number}` accepts what TypeScript accepts for it.
import ts from "../typescript.mjs";

/**
 * @param {import("./extract.mjs").Extractor} extractor
 * @param {ts.TemplateLiteralType} type
 * @param {import("./extract.mjs").Place} place
 * @returns {import("./types.mjs").Schema}
 */
export function templatePattern(extractor, type, place) {
	let pattern = escape(type.texts[0] ?? "");
	for (const [i, part] of type.types.entries()) {
		const piece = patternOf(part);
		if (piece === undefined) return extractor.refuse(place, "type/template", `${extractor.text(type)} cannot be checked at the boundary`, "Use string with @pattern.");
		pattern += piece + escape(type.texts[i + 1] ?? "");
	}
	return { type: "string", pattern: `^${pattern}$` };
}

/** @param {ts.Type} type @returns {string | undefined} */
function patternOf(type) {
	if (type.flags & ts.TypeFlags.String) return "[\\s\\S]*";
	if (type.flags & ts.TypeFlags.Number) return "-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?";
	if (type.flags & ts.TypeFlags.BigInt) return "-?(?:0|[1-9][0-9]*)";
	if (type.flags & (ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral)) return escape(String(/** @type {ts.LiteralType} */ (type).value));
	if (!(type.flags & ts.TypeFlags.Union)) return undefined;
	const options = /** @type {ts.UnionType} */ (type).types.map(patternOf);
	return options.includes(undefined) ? undefined : `(?:${options.join("|")})`;
}

/** @param {string} text */
function escape(text) {
	return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
