// JSDoc tags that constrain a type: one row each. docs/typescript.md has the same list for authors.

/**
 * @typedef {"string" | "number" | "array" | "object" | "any"} Fits the JSON values that a constraint speaks of
 * @typedef {object} TagRow
 * @property {Fits} fits
 * @property {string} keyword
 * @property {"count" | "number" | "positive" | "flag" | "format" | "pattern" | "json"} value
 * @property {"higher" | "lower" | "same"} tighter which of two values is the stricter one
 * @property {string} [on] the type in words
 */

/** @type {Record<string, TagRow>} */
export const constraintTags = {
	minLength: { fits: "string", keyword: "minLength", value: "count", tighter: "higher" },
	maxLength: { fits: "string", keyword: "maxLength", value: "count", tighter: "lower" },
	pattern: { fits: "string", keyword: "pattern", value: "pattern", tighter: "same" },
	format: { fits: "string", keyword: "format", value: "format", tighter: "same" },
	multiline: { fits: "string", keyword: "x-ward-text", value: "flag", tighter: "same" },
	rawText: { fits: "string", keyword: "x-ward-text", value: "flag", tighter: "same" },
	minimum: { fits: "number", keyword: "minimum", value: "number", tighter: "higher" },
	maximum: { fits: "number", keyword: "maximum", value: "number", tighter: "lower" },
	exclusiveMinimum: { fits: "number", keyword: "exclusiveMinimum", value: "number", tighter: "higher" },
	exclusiveMaximum: { fits: "number", keyword: "exclusiveMaximum", value: "number", tighter: "lower" },
	multipleOf: { fits: "number", keyword: "multipleOf", value: "positive", tighter: "same" },
	integer: { fits: "number", keyword: "type", value: "flag", tighter: "same" },
	int: { fits: "number", keyword: "type", value: "flag", tighter: "same" },
	minItems: { fits: "array", keyword: "minItems", value: "count", tighter: "higher" },
	maxItems: { fits: "array", keyword: "maxItems", value: "count", tighter: "lower" },
	uniqueItems: { fits: "array", keyword: "uniqueItems", value: "flag", tighter: "same" },
	minProperties: { fits: "object", keyword: "minProperties", value: "count", tighter: "higher" },
	maxProperties: { fits: "object", keyword: "maxProperties", value: "count", tighter: "lower" },
	pii: { fits: "any", keyword: "x-ward-pii", value: "flag", tighter: "same" },
	secret: { fits: "any", keyword: "x-ward-secret", value: "flag", tighter: "same" },
	default: { fits: "any", keyword: "default", value: "json", tighter: "same" },
};

export const fitsInWords = {
	string: "a string",
	number: "a number",
	array: "an array",
	object: "an object or Record",
	any: "any type",
};

/** Formats that the gateway asserts as their RFCs say. */
export const formats = [
	"email", "idn-email", "uuid", "date-time", "date", "time", "duration", "uri", "uri-reference", "iri", "iri-reference",
	"uri-template", "hostname", "idn-hostname", "ipv4", "ipv6", "json-pointer", "relative-json-pointer", "regex",
];

/** Tags of JSDoc, TSDoc and TypeDoc that describe and do not constrain. */
export const documentationTags = new Set((
	"abstract access alias alpha async augments author beta borrows callback category class constant constructor copyright " +
	"decorator defaultValue deprecated deprecatedReason description desc document documentation enum event eventProperty " +
	"example exception experimental export expandType extends external file fileoverview fires function generator global " +
	"group groupDescription hidden hideconstructor host ignore implements import inheritDoc inheritdoc inlineType interface " +
	"internal kind label lends license link linkcode linkplain listens member memberof mergeModuleWith method mixes mixin " +
	"module name namespace override overload package packageDocumentation param private privateRemarks prop property " +
	"protected public readonly remarks requires returns return satisfies sealed see since sortStrategy static summary template this " +
	"throws title todo tutorial type typeParam typedef variation version virtual yields"
).split(" "));

/** What authors of other libraries would write, and what it is called here. @type {Record<string, string>} */
export const lookAlikes = {
	min: "minimum", max: "maximum", gte: "minimum", lte: "maximum", gt: "exclusiveMinimum", lt: "exclusiveMaximum",
	range: "minimum and @maximum", between: "minimum and @maximum", positive: "exclusiveMinimum 0", negative: "exclusiveMaximum 0",
	nonnegative: "minimum 0", step: "multipleOf", divisibleby: "multipleOf", regex: "pattern", regexp: "pattern",
	match: "pattern", matches: "pattern", length: "minLength and @maxLength", len: "minLength and @maxLength",
	size: "minItems and @maxItems", nonempty: "minLength 1", notempty: "minLength 1", unique: "uniqueItems", email: "format email",
	uuid: "format uuid", url: "format uri", uri: "format uri", date: "format date", datetime: "format date-time",
	hostname: "format hostname", ip: "format ipv4", ipv4: "format ipv4", ipv6: "format ipv6", isint: "integer",
	whole: "integer", sensitive: "pii", personal: "pii", private: "secret", password: "secret", asserttype: "integer",
	additionalproperties: "", examples: "example", required: "", optional: "", nullable: "",
};
