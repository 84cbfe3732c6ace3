/* One pass from JSON text to the encoding, seen from inside: decode.c reads values, parts.c starts the object itself. */
#ifndef WARD_CONTRACT_DECODE_H
#define WARD_CONTRACT_DECODE_H

#include "contract/json.h"

struct decode {
	struct json json;
	const struct type_set *set; /* NULL: every key in text */
	struct problems *problems;
	unsigned depth;
	unsigned sensitive; /* > 0: below a member that is @pii or @secret */
	bool bad;	    /* a problem was found; the text is read on for others */
};

/* An object whose members are being read. */
#define SEEN_WORDS 4u
struct members {
	const struct type *type;
	size_t head; /* offset of content bytes */
	uint32_t count;
	uint32_t others; /* keys that no property expects */
	uint32_t next;	 /* the property that comes next if they come in order */
	uint64_t seen_room[SEEN_WORDS];
	uint64_t *seen; /* one bit a property; owned when it is not seen_room */
};

void decode_init(struct decode *d, const struct type_set *set, struct slice json, struct buf *out, struct problems *problems);
/* Turns what happened into a result; the text must be used up. */
result decode_finish(struct decode *d);

/* All return false when reading must stop. */
bool decode_value(struct decode *d, const struct type *type, const struct step *step);
bool members_begin(struct decode *d, const struct type *type, struct members *m);
/* After '{': up to and with '}'. */
bool members_read(struct decode *d, struct members *m, const struct step *step);
bool members_end(struct decode *d, struct members *m, const struct step *step);
void members_done(struct members *m);
/* The property of that name, or -1. */
int object_property(const struct object_rules *rules, struct slice name);

/* A string already in the output at text->at, 5 bytes after room for its head. */
bool decode_finish_string(struct decode *d, const struct type *type, const struct json_text *text, const struct step *step);
bool decode_finish_number(struct decode *d, const struct type *type, const struct number *n, const struct step *step);
/* One more problem; found ptr NULL: nothing to show. False when there are too many to go on. */
bool decode_problem(struct decode *d, const struct step *step, const char *what, struct slice found);

/* walk.c: checks an encoding made of plain JSON and writes the typed one to d's output. */
bool walk_transcode(const struct type *type, struct slice value, const struct step *step, struct decode *d);

#endif
