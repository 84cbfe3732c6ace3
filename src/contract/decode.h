/* One pass from JSON text to the encoding, seen from inside: decode.c reads values, parts.c starts the object
 * itself. */
#ifndef WARD_CONTRACT_DECODE_H
#define WARD_CONTRACT_DECODE_H

#include "contract/json.h"

struct decode {
	struct json json;
	const struct type_set *set; /* NULL: every key in text */
	struct problems *problems;
	unsigned depth;
	unsigned sensitive;	     /* > 0: below a member that is @pii or @secret */
	struct tag_index tags;	     /* what was looked at ahead */
	size_t ahead;		     /* bytes of that, in all */
	struct buf loose;	     /* what the walk takes over, as any data */
	struct verdict_cache *cache; /* the walk's, from one union to the next */
	bool bad;		     /* a problem was found; the text is read on for others */
};

/* An object whose members are being read. */
#define SEEN_WORDS 4u
struct members {
	const struct type *type;
	size_t head; /* offset of content bytes */
	uint32_t count;
	uint32_t others;  /* keys that no property expects */
	uint32_t next;	  /* the property that comes next if they come in order */
	uint64_t telling; /* properties whose value tells options of a union apart */
	size_t told;	  /* where the last of these lies */
	uint64_t seen_room[SEEN_WORDS];
	uint64_t *seen; /* one bit a property; owned when it is not seen_room */
};

void decode_init(struct decode *d, const struct type_set *set, struct slice json, struct buf *out,
    struct problems *problems);
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
bool decode_finish_string(
    struct decode *d, const struct type *type, const struct json_text *text, const struct step *step);
bool decode_finish_number(
    struct decode *d, const struct type *type, const struct number *n, const struct step *step);

/* The same for parts of values, each at its first byte. */
bool decode_object(struct decode *d, const struct type *type, const struct step *step);
/* Literals and rest rules of what was written since offset at. */
bool decode_whole(struct decode *d, const struct type *type, size_t at, const struct step *step);

/* ---- decode_union.c ---- */
/* Types with a pick; unions whose options must be tried; and whatever this pass cannot follow. */
bool decode_picked(struct decode *d, const struct type *type, const struct step *step);
bool decode_tried(struct decode *d, const struct type *type, const struct step *step);
bool decode_by_walk(struct decode *d, const struct type *type, const struct step *step);

/* ---- merge.c ---- */
/* What reads the members of any option. */
const struct type *merge_object(const struct merge *m);
uint64_t merge_telling(const struct merge *m);
/* Whether what was read is of one of the options: seen has a bit for each property; told is the value of the
 * one that tells, when only one does; content is the encoding's. */
bool merge_fits(const struct type_set *set, const struct merge *m, uint64_t seen, struct slice told,
    struct slice content);

/* ---- file.c ---- */
/* A file that has been checked, as the object that its type is. */
bool decode_file(struct decode *d, const struct type *type, const struct value_file *file, struct slice bytes,
    const struct step *step);

/* ---- decode_problem.c: all false when there are too many problems to go on ---- */
/* Any data, for those who have no set. */
extern const struct type decode_any;
/* One more problem; found ptr NULL: nothing to show. */
bool decode_problem(struct decode *d, const struct step *step, const char *what, struct slice found);
/* A value of the wrong kind is told, read on as what it is, and stays in the output. */
bool decode_mismatch(struct decode *d, const struct type *type, const struct step *step);
/* Reads a value that is of no use, so that what follows is checked too. */
bool decode_skip(struct decode *d, const struct step *step);
bool decode_string_problem(struct decode *d, const struct type *type, struct slice text,
    const struct text_facts *facts, const struct step *step);
bool decode_number_problem(
    struct decode *d, const struct type *type, const struct number *n, const struct step *step);
bool decode_literal_problem(
    struct decode *d, const struct type *type, struct slice value, const struct step *step);
bool decode_count_problem(
    struct decode *d, const struct step *step, const char *words, uint64_t bound, const char *unit);

/* A tag and eight bytes. */
static inline bool decode_put(struct decode *d, enum value_tag tag, const void *payload)
{
	if (!json_room(&d->json, 9))
		return false;
	*d->json.w = (char)tag;
	memcpy(d->json.w + 1, payload, 8);
	d->json.w += 9;
	return true;
}

/* A container and its end. Without a call, since some texts are little else. */
static inline bool decode_begin(struct decode *d, enum value_tag tag, size_t *ret_head)
{
	if (d->depth >= VALUE_DEPTH_MAX)
		return json_fail(&d->json, "nests more than 128 deep");
	d->depth++;
	static const char empty[8];
	if (!decode_put(d, tag, empty))
		return false;
	*ret_head = json_offset(&d->json) - 8;
	return true;
}

static inline bool decode_end(struct decode *d, size_t head, uint32_t count)
{
	size_t content = json_offset(&d->json) - head - 8;
	if (content > UINT32_MAX)
		return json_fail(&d->json, "is larger than 4 GiB");
	const uint32_t words[2] = {(uint32_t)content, count};
	memcpy(d->json.out->ptr + head, words, sizeof words);
	d->depth--;
	return true;
}

/* The encoding of what was just read. */
static inline struct slice decode_written(const struct decode *d, size_t at)
{
	return slice_of(d->json.out->ptr + at, json_offset(&d->json) - at);
}

/* walk_entry.c: checks an encoding made of plain JSON and writes the typed one to d's output. */
bool walk_transcode(const struct type *type, struct slice value, const struct step *step, struct decode *d);

#endif
