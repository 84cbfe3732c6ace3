/*
 * Structs to JSON and back by one table, so that what is written and what is read cannot drift apart. Reading
 * is strict: a member that the table does not name, a wrong type, a number past its bound, a double or an
 * unsorted map is ERR_INVALID and says where. Members that are empty, 0 or false are left out when written,
 * unless required.
 */
#ifndef WARD_APP_CODEC_H
#define WARD_APP_CODEC_H

#include "app/contract/json_write.h"
#include "base/arena.h"

enum field_kind {
	FIELD_TEXT, /* struct slice, NUL-terminated when read */
	FIELD_U64,  /* up to INT64_MAX */
	FIELD_U32,
	FIELD_U16,
	FIELD_BOOL,
	FIELD_ENUM,  /* written by name */
	FIELD_BITS,  /* uint32_t, bit n for the value n of an enum, written as a list of names */
	FIELD_TEXTS, /* struct slice_list */
	FIELD_JSON,  /* struct slice: a whole JSON value as text; ptr NULL: absent */
	FIELD_GROUP, /* a struct in the struct */
	FIELD_LIST,  /* pointer and count of structs */
	FIELD_MAP,   /* the same, by name and sorted by it */
};

struct field {
	const char *name;
	enum field_kind kind;
	bool required;
	bool not_for_worker; /* left out of what a worker gets */
	size_t offset;
	size_t count_offset;	     /* LIST, MAP: of the size_t that counts */
	size_t present_offset;	     /* GROUP: of the bool that says whether it is there; 0: it always is */
	const struct record *record; /* GROUP, LIST, MAP */
	const char *(*value_name)(unsigned); /* ENUM, BITS */
	unsigned values;		     /* ENUM, BITS: how many */
	uint64_t max;			     /* U64, LIST, MAP: 0: no bound of its own */
};

struct record {
	const struct field *fields;
	size_t count;
	size_t size;
	size_t name_offset; /* in a MAP: of the slice that names it */
};

void codec_write(struct json_writer *w, const struct record *record, const void *from, bool for_worker);

/* text is hostile. *target is zeroed by the caller and filled as far as it went also on failure. */
result codec_read(
    struct slice text, const struct record *record, struct arena *arena, struct error *err, void *target);

#endif
