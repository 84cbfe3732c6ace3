/*
 * Type sets: the schemas of one function's contract (JSON Schema 2020-12 with ward's annotations, see
 * ARCHITECTURE.md) compiled to one program, and what is done with it: JSON text in, checked and turned into
 * the value encoding in one pass; values of a worker out, checked and written as JSON.
 *
 * A set is made, filled and sealed by one thread and read-only afterwards: any thread may then read it. Two
 * processes that add the same schemas under the same labels in the same order agree on every name id.
 */
#ifndef WARD_CONTRACT_TYPE_H
#define WARD_CONTRACT_TYPE_H

#include "base/buf.h"
#include "base/result.h"
#include "contract/problems.h"
#include "contract/value.h"

struct type_set;
struct type; /* one schema of a set; lives as long as the set */

/* NULL when there is no memory. */
struct type_set *type_set_new(void);

/* All zero is what type_set_new() takes. All but doubles are for schemas that are no app's contract (outside
 * suites, tools). */
struct type_options {
	/*
	 * Whoever reads the values holds numbers as IEEE 754 doubles (JavaScript): a number that one cannot
	 * hold as it was written (2^53 + 1, 1e400, more digits than round-trip) is refused rather than
	 * rounded.
	 */
	bool doubles;
	/* JSON Schema as written: no platform bounds, control characters allowed, unknown keywords ignored.
	 */
	bool plain;
	/* A key may come several times (RFC 8259 says no more than SHOULD): every member is checked and kept.
	 */
	bool duplicate_keys;
	/* format is an annotation only. */
	bool formats_ignored;
	/* Appends the JSON text of a schema that a $ref names by its URI; false: there is none. NULL: only
	 * what was added. */
	bool (*load)(void *load_self, struct slice uri, struct buf *out);
	void *load_self;
};
struct type_set *type_set_new_with(const struct type_options *options);
/* NULL is fine. */
void type_set_free(struct type_set *set);

/*
 * Compiles one schema (JSON text, borrowed for the call) under a label ("input", "query:GetOrder:row";
 * copied). ERR_INVALID says where in the schema and why: unknown keyword where it would weaken the check, a
 * $ref to nowhere, a pattern that is not ECMA-262 or cannot be bounded.
 */
result type_set_add(struct type_set *set, struct slice label, struct slice schema, struct error *err);
/* No more schemas after this; builds what depends on all of them. */
result type_set_seal(struct type_set *set, struct error *err);

/* NULL when there is no such label. */
const struct type *type_set_find(const struct type_set *set, struct slice label);
size_t type_set_label_count(const struct type_set *set);
struct slice type_set_label(const struct type_set *set, size_t i, const struct type **ret_type);

/* Property names: ids 0 .. count - 1, as in the value encoding. */
size_t type_set_name_count(const struct type_set *set);
struct slice type_set_name(const struct type_set *set, size_t id);
/* The id, or -1. */
int type_set_name_id(const struct type_set *set, struct slice name);

/* The longest JSON text that this type accepts, in bytes; SIZE_MAX when the schema gives no bound. */
size_t type_body_bytes_max(const struct type *type);

/*
 * One JSON text (RFC 8259, strictly: valid UTF-8, no duplicate keys, no lone surrogates, nothing after the
 * value) that must be of the type. Appends one value to out. On ERR_INVALID problems say what is wrong and
 * what was appended is to be thrown away; ERR_LIMIT when out is full.
 */
result value_from_json(
    const struct type *type, struct slice json, struct buf *out, struct problems *problems);

/* Where a member of an input object came from, when it did not come from the body. FORM: a part of
 * multipart/form-data. */
enum value_from { VALUE_FROM_PATH, VALUE_FROM_QUERY, VALUE_FROM_FORM };
/* What a part that is a file says of itself. */
struct value_file {
	struct slice name; /* may be empty */
	struct slice type; /* its media type, as sent */
};
struct value_part {
	enum value_from from;
	struct slice name;
	struct slice
	    text; /* decoded; read by the type of the property: 5, true, 2026-01-02, or the string itself */
	bool is_json; /* text is JSON */
	bool is_file; /* text is the bytes, which file_check() has passed (file.h) */
	struct value_file file;
};

/*
 * The same for an input that is made of parameters and a body: parts become members of the one object, the
 * body (empty: none) is a JSON object with the others. A query name that comes several times fills an array
 * type. A member that comes from two places, or that no property takes, is a problem.
 */
result value_from_parts(const struct type *type, const struct value_part *parts, size_t count,
    struct slice body, struct buf *out, struct problems *problems);

/* Whether the bytes are exactly one well-formed encoding of this type. The bytes may be hostile. */
result value_check(const struct type *type, struct slice value, struct problems *problems);

/* Checks a hostile encoding and writes it as JSON in the same pass. On failure what was appended is to be
 * thrown away. */
result value_to_json(const struct type *type, struct slice value, struct buf *out, struct problems *problems);

/* The same for readers (logs, traces): @pii and @secret members become "[redacted]"; cut at the buffer's cap.
 */
void value_to_json_redacted(const struct type *type, struct slice value, struct buf *out);

/*
 * What an answer is sent as (x-ward-output at the top of an output schema, or in the arms of its union). A
 * value that an arm of another kind takes too is JSON: what might be data never becomes a page or a redirect.
 */
enum type_output { TYPE_OUTPUT_JSON, TYPE_OUTPUT_HTML, TYPE_OUTPUT_REDIRECT };
/* False when every value of the type is JSON. */
bool type_has_outputs(const struct type *type);
/* Of a value that value_check() has passed. */
enum type_output type_output_of(const struct type *type, struct slice value);

/* A string member of a checked object. False when it is absent or no string. */
bool value_member_string(
    const struct type_set *set, struct slice value, struct slice name, struct slice *ret_text);

/*
 * The structure of a type, for those who build from it (the engine's view, generated clients). What is
 * narrower than this (patterns, ranges) is not told: value_check() decides.
 */
enum type_kind {
	TYPE_ANY,
	TYPE_NULL,
	TYPE_BOOL,
	TYPE_INT,
	TYPE_NUM,
	TYPE_STR,
	TYPE_BYTES,
	TYPE_DATE,
	TYPE_BIGINT,
	TYPE_ARRAY,
	TYPE_OBJECT,
	TYPE_UNION,
};

struct type_property {
	uint16_t name;
	bool required;
	const struct type *type;
};

struct type_shape {
	enum type_kind kind;
	bool nullable;
	size_t count;		       /* OBJECT: properties; ARRAY: leading items; UNION: options */
	const struct type *items;      /* ARRAY: the others; NULL: none */
	const struct type *additional; /* OBJECT: values of other keys; NULL: none */
	size_t literals;	       /* BOOL, INT, NUM, STR: the only values; 0: all of the kind */
};

struct type_shape type_shape(const struct type *type);
struct type_property type_shape_property(const struct type *type, size_t i);
/* ARRAY: leading item; UNION: option. */
const struct type *type_shape_option(const struct type *type, size_t i);
/* In the value encoding; lives as long as the set. */
struct slice type_shape_literal(const struct type *type, size_t i);
/* A small dense number of the type in its set, and back. */
uint32_t type_index(const struct type *type);
const struct type *type_at(const struct type_set *set, uint32_t index);

#endif
