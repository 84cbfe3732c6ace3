/*
 * Many literal strings looked for in one pass: the automaton of Aho and Corasick (Communications of the ACM
 * 18(6), 1975) as a dense table over byte classes. ASCII letters match in either case. Built once, then
 * shared by all threads.
 *
 * The cost of a scan is one table look-up a byte whatever the number of strings, so a text in which nothing
 * occurs is passed at memory speed and the patterns behind the strings never run.
 */
#ifndef WARD_REVIEW_ANCHORS_H
#define WARD_REVIEW_ANCHORS_H

#include "base/arena.h"
#include "base/result.h"

struct anchors {
	uint8_t class_of[256];
	uint32_t classes;
	uint32_t states;
	uint32_t *next;	       /* [states * classes] */
	uint32_t *first_tag;   /* [states]: 1 + index into tags, 0 for none */
	uint32_t *tag_next;    /* [tags]: 1 + index of the next tag of the same state */
	uint32_t *fail_tagged; /* [states]: the next shorter suffix state that has tags, or 0 */
	uint32_t *tags;
	uint32_t tag_count;
	uint32_t *length; /* [states]: bytes of the string that ends here */
};

struct anchor_word {
	struct slice text; /* not empty */
	uint32_t tag;	   /* the caller's */
};

/* Everything lives in the arena. ERR_LIMIT past 60 000 bytes of words. */
result anchors_build(struct arena *arena, const struct anchor_word *words, size_t count, struct error *err,
    struct anchors *ret_anchors);

/* For every occurrence: where it begins, its length and the word's tag; in order of their ends. */
typedef void (*anchor_found)(void *ctx, size_t at, size_t len, uint32_t tag);
void anchors_scan(const struct anchors *a, struct slice text, anchor_found found, void *ctx);

#endif
