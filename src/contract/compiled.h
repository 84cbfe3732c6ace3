/*
 * What schemas become, as the files of this folder see it. Made by compile.c, finished by set.c, read by
 * decode.c (JSON text in), walk.c (encodings in, checks and JSON out) and rest.c (what needs the whole
 * value).
 *
 * A type accepts JSON kinds; for each kind it has rules of its own, which are what one pass can check. What
 * is left (oneOf, not, unevaluatedProperties ...) is a list of `rest` rules, checked on the encoding of the
 * value once it is whole.
 */
#ifndef WARD_CONTRACT_COMPILED_H
#define WARD_CONTRACT_COMPILED_H

#include "base/arena.h"
#include "contract/type.h"

enum kind_bit {
	KIND_NULL = 1,
	KIND_BOOL = 2,
	KIND_INT = 4, /* a number without a fraction */
	KIND_NUM = 8, /* any other number */
	KIND_STR = 16,
	KIND_ARRAY = 32,
	KIND_OBJECT = 64,
	KIND_NUMBER = KIND_INT | KIND_NUM,
	KIND_ALL = 127,
};

/* How a JSON string of the type is held in the encoding (x-ward-type). */
enum held_as { HELD_PLAIN, HELD_DATE, HELD_BIGINT, HELD_BYTES };

/* Which control characters a string may hold (x-ward-text). */
enum text_mode { TEXT_SINGLE_LINE, TEXT_MULTILINE, TEXT_ANY };

/* A number in any of its three encodings. */
struct number {
	enum value_tag tag; /* INT, NUM or BIG */
	int64_t integer;
	double real;
	struct slice text;
};

/* digits x 10^exponent, no zeros at either end; zero is no digits. */
struct decimal {
	bool negative;
	struct slice digits; /* may hold one '.', to be skipped */
	int64_t exponent;
	size_t count; /* digits without the '.' */
};

struct number_rules {
	bool has_min, has_max, min_open, max_open, has_multiple;
	struct number min, max;
	uint64_t multiple; /* x 10^multiple_exponent */
	struct slice multiple_text;
	int64_t multiple_exponent;
};

struct pattern; /* pattern.c */
struct format;	/* format.c */

struct string_rules {
	uint64_t chars_min, chars_max; /* chars_max, count_max below: BOUND_UNSET when the schema sets none */
	const struct pattern *pattern;
	const struct format *format;
};

struct array_rules {
	const struct type **prefix;
	uint32_t prefix_count;
	const struct type *items; /* NULL: none past the prefix */
	bool has_items;		  /* the schema said so itself: they count as looked at */
	uint64_t count_min, count_max;
};

struct property {
	struct slice name;
	struct slice json; /* "name": */
	uint16_t id;
	bool required;
	bool
	    expectable; /* declared, and the name stands for itself between quotes: nothing in it to escape */
	uint64_t head, head_mask; /* its first eight bytes, a closing quote included */
	bool declared;		  /* false: only required; its value is checked as any other key's */
	const struct type *type;
};

struct key_pattern {
	const struct pattern *pattern;
	const struct type *type;
};

struct object_rules {
	struct property *properties;
	uint32_t count;
	uint32_t required_count;
	uint16_t *places; /* hash of the name to index + 1; 0: empty */
	uint32_t places_mask;
	struct key_pattern *patterns;
	uint32_t pattern_count;
	const struct type *additional; /* NULL: no other keys */
	bool has_additional;	       /* the schema said so itself: they count as looked at */
	uint64_t count_min, count_max;
};

struct literals {
	struct slice *values; /* encodings */
	uint32_t count;
};

enum rest_kind {
	REST_ALL,	   /* every type of the list; also $ref */
	REST_ANY,	   /* at least one */
	REST_ONE,	   /* exactly one */
	REST_NOT,	   /* types[0] does not hold */
	REST_IF,	   /* types[0] ? types[1] : types[2]; the last two may be NULL */
	REST_CONTAINS,	   /* low to high items are of types[0] */
	REST_UNIQUE,	   /* no two equal items */
	REST_NAMES,	   /* every key, as a string, is of types[0] */
	REST_DEPEND_NAMES, /* names[0] there: the others too */
	REST_DEPEND_TYPE,  /* names[0] there: types[0] holds */
	REST_DYNAMIC,	   /* $dynamicRef: the anchor in the outermost resource that has it, else types[0] */
	REST_OTHER_PROPERTIES, /* unevaluatedProperties */
	REST_OTHER_ITEMS,      /* unevaluatedItems */
	REST_KINDS
};

struct sieve;	   /* sieve.c */
struct merge;	   /* merge.c */
struct file_rules; /* file.c */

struct rest {
	enum rest_kind kind;
	const struct type **types;
	uint32_t type_count;
	struct slice *names;
	uint32_t name_count;
	uint64_t low, high;
	struct slice anchor;
	const struct sieve *sieve; /* of a union that must be tried; NULL: every option is */
};

/* The value that tells: a string, a number, true, false or null. text points into the set's arena. */
struct pick_tag {
	struct value_item value;
	const struct type *type;
};

/* Which option of a union a value goes to without trying: by its kind, or by the scalar in one property. */
struct pick {
	const struct type *by_kind[6]; /* null, bool, number, string, array, object; NULL: none, or by tag */
	uint16_t tag;		       /* else: the name of the property that tells */
	struct slice tag_name;
	struct pick_tag *tags; /* in order */
	uint32_t tag_count;
};
#define PICK_TAGS_MAX 1024u

struct type {
	struct type_set *set;
	uint32_t index;
	uint8_t kinds;
	uint8_t held;
	bool sensitive; /* x-ward-pii, x-ward-secret */
	bool tracks;	/* has unevaluated*: its applicators must tell what they looked at */
	uint8_t text;	/* enum text_mode */
	bool whole;		 /* takes any whole number */
	bool is_union;	/* a union and nothing else, whose options must be tried */
	uint8_t output; /* enum type_output (x-ward-output) */
	bool special;	/* pick, is_union, file or sensitive: one question on the way that most values take */
	const struct merge *merge; /* of a union: how its objects are read, whichever they are; may be NULL */
	const struct pick *pick; /* when set, the type is that union and nothing else */
	const struct number_rules *number;
	const struct string_rules *string;
	const struct array_rules *array;
	const struct object_rules *object;
	const struct literals *literals;
	const struct file_rules *file; /* an object that comes as a file, never as JSON */
	struct rest *rest;
	uint32_t rest_count;
	const struct type *forward; /* a plain $ref: stands for that type; resolved away by type_set_seal() */
	uint32_t resource;
};

enum pick_slot { PICK_NULL, PICK_BOOL, PICK_NUMBER, PICK_STR, PICK_ARRAY, PICK_OBJECT, PICK_SLOTS };

extern const uint8_t slot_kinds[PICK_SLOTS];

/* ---- pick_tag.c ---- */
/* There is room for PICK_TAGS_MAX at pick->tags. False when the literal leads elsewhere already, or is no
 * scalar. */
bool pick_add_tag(struct pick *pick, struct slice literal, const struct type *option);
/* The option with that tag, or NULL. */
const struct type *pick_by_tag(const struct pick *pick, const struct value_item *tag);
/* The same for a tag as JSON text without escapes. */
const struct type *pick_by_text(const struct pick *pick, struct slice text);

/* ---- names.c ---- */
struct names {
	struct slice *names;
	size_t count, size;
	uint32_t *places; /* id + 1 */
	size_t places_mask;
};

uint32_t name_hash(struct slice name);
int names_find(const struct names *names, struct slice name);
/* The id, given out when new; -1 when there are too many or no memory. The text is copied into the arena. */
int names_add(struct names *names, struct arena *arena, struct slice name);

struct label {
	struct slice name;
	const struct type *type;
};

/* ---- resource.c: which schema is where ---- */
struct anchor {
	struct anchor *next;
	struct slice name;
	struct slice schema;
	bool dynamic;
	const struct type *type; /* dynamic ones: compiled */
};

/* A schema with a URI of its own: a document, or a part of one with $id. */
struct resource {
	struct slice uri; /* absolute as far as can be, no fragment */
	struct slice schema;
	struct anchor *anchors;
	bool no_validation; /* its $schema leaves the validation vocabulary out */
};

/* A place in a document where a schema stands, by the address of its encoding. */
struct location {
	const char *at;
	uint32_t resource;
	struct type *type; /* NULL: not compiled yet */
};

struct type_set {
	struct arena arena; /* owns everything that is not said to be owned elsewhere */
	struct names names;
	struct type **types; /* owned by malloc, as the lists below */
	size_t type_count, type_size;
	struct label *labels;
	size_t label_count, label_size;
	struct resource *resources;
	size_t resource_count, resource_size;
	struct location *locations; /* open addressing */
	size_t location_count, location_places;
	struct pattern *patterns; /* a list: they hold PCRE2 memory */
	bool sealed;
	bool dynamic; /* some type has a $dynamicRef: values are read as plain data first, then walked from
			 the top */
	struct type_options options;
	const struct type *any;	  /* true as a schema: any data within the platform's bounds */
	const struct type *loose; /* any data at all */
};

/* Types that stand for JSON as such belong to no set. */
static inline bool type_wants_doubles(const struct type *type)
{
	return type->set && type->set->options.doubles;
}

#define BOUND_UNSET UINT64_MAX

/* Where in a value we are, for messages: a list on the stack of those who descend. */
struct step {
	const struct step *up;
	struct slice key; /* ptr NULL: an index */
	size_t index;
};

/* As a JSON Pointer. */
void step_path(const struct step *step, struct buf *out);

/* The platform's bounds where the schema sets none. docs/json.md lists them. */
#define BOUND_STRING_CHARS 65536u
#define BOUND_ARRAY_ITEMS 10000u
#define BOUND_OBJECT_KEYS 1000u
#define BOUND_BODY_BYTES (1u << 20)

/* Length of the well-formed sequence at p (RFC 3629 section 4), or 0. */
static inline size_t utf8_length(const unsigned char *p, size_t left)
{
	if (p[0] < 0xc2 || left < 2 || (p[1] & 0xc0) != 0x80)
		return 0;
	if (p[0] < 0xe0)
		return 2;
	if (left < 3 || (p[2] & 0xc0) != 0x80)
		return 0;
	if (p[0] < 0xf0)
		return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ? 0 : 3;
	if (left < 4 || (p[3] & 0xc0) != 0x80 || p[0] > 0xf4)
		return 0;
	return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) ? 0 : 4;
}

/* ---- check.c: what holds of one scalar; ret_what (NULL: not wanted) says what does not ---- */
#define WHAT_MAX 160u
bool check_number(const struct type *type, const struct number *n, char ret_what[WHAT_MAX]);
struct text_facts {
	uint64_t chars;
	uint8_t controls; /* TEXT_HAS_ */
};
/* *steps (may be NULL) becomes 0 when a pattern could not be decided: then nothing that depends on it holds.
 */
bool check_string(const struct type *type, struct slice text, const struct text_facts *facts, uint64_t *steps,
    char ret_what[WHAT_MAX]);
bool check_literals(const struct type *type, struct slice encoding, char ret_what[WHAT_MAX]);
/* False when the text is not UTF-8. */
bool text_facts(struct slice text, struct text_facts *ret);
/* "a string or null" */
void kinds_words(const struct type *type, char ret[WHAT_MAX]);

/* ---- held.c: strings that JavaScript holds as something else ---- */
/* RFC 3339 date-time, or full-date at midnight UTC. */
bool date_parse(struct slice text, double *ret_unix_ms);
/* 2026-01-02T03:04:05.678Z into 32 bytes; 0 when it is out of the range of a JavaScript Date. */
size_t date_format(double unix_ms, char text[32]);
/* The same parts of RFC 3339 alone; the value is then the time of day, or the day. */
bool date_parse_parts(struct slice text, bool with_day, bool with_time, double *ret_unix_ms);
bool bigint_valid(struct slice text);
/* RFC 4648 section 4, padded. to has room for text.len bytes and may be text itself. */
bool base64_decode(struct slice text, char *to, size_t *ret_bytes);
void base64_encode(struct slice bytes, struct buf *out);

/* ---- pattern.c ---- */
result pattern_new(struct type_set *set, struct slice source, struct error *err, const struct pattern **ret);
void patterns_free(struct pattern *list);
/* UNDECIDED: a limit was reached; whoever asks must refuse, whether a match was wanted or not. */
enum match { MATCH_NO, MATCH_YES, MATCH_UNDECIDED };
enum match pattern_match(const struct pattern *pattern, struct slice text);
struct slice pattern_source(const struct pattern *pattern);

/* ---- format.c ---- */
/* NULL: not a format that we check. */
const struct format *format_find(struct slice name);
bool format_match(const struct format *format, struct slice text);
/* "an e-mail address" */
struct slice format_words(const struct format *format);

/* ---- decode.c ---- */
/* Scratch for finding equal keys among those that no schema names. */
bool keys_distinct(const struct type_set *set, struct slice content, uint32_t count);
/* A JSON text as it is, keys in text: how schemas are read. */
result json_to_encoding(struct slice json, struct buf *out, struct problems *problems);

/* ---- equal.c ---- */
/* Cuts one member off an object's content, its key as text. False at the end. */
bool member_next(
    const struct type_set *set, struct slice *rest, struct slice *ret_key, struct slice *ret_value);
/* The value of a member, or false. */
bool member_find(const struct type_set *set, struct slice content, struct slice key, struct slice *ret_value);
bool items_distinct(const struct type_set *set, struct slice content, uint32_t count);

/* ---- walk.c ---- */
/* Whether an encoding made of plain JSON is of the type; nothing is told. */
bool type_holds(const struct type *type, struct slice value);
/* A well-formed encoding as JSON, unchecked. */
void value_print(const struct type_set *set, struct slice value, struct buf *out);
/* Whether the rest rules of the type hold for an encoding made of plain JSON that is of its plain part. */
bool rest_holds(const struct type *type, struct slice value, const struct step *step, bool sensitive,
    struct problems *problems);

#endif
