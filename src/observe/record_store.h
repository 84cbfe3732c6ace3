/*
 * Records that are kept when thousands of newer ones have come: of every invocation that failed, and of a
 * sample of those that did not. They lie in a file of fixed size, mapped and reserved whole, so that keeping
 * one is a copy of 256 bytes and an end of the process, however sudden, costs none.
 *
 * When it is full the function that has most makes room, with its oldest: however often one function fails,
 * what others did stays. The file is one build's own; what does not match is begun anew. Not thread-safe.
 */
#ifndef WARD_OBSERVE_RECORD_STORE_H
#define WARD_OBSERVE_RECORD_STORE_H

#include "observe/invocation.h"

#define RECORD_STORE_FUNCTIONS_MAX 65536u

struct kept_record {
	uint64_t number;   /* counts up, from 1; 0: free */
	uint64_t names;	   /* of what its host calls are numbers: whoever keeps it says so, and compares */
	uint32_t function; /* of the rollup store */
	uint32_t pad;
	struct invocation record;
};

struct record_store;

/* `room` records. Returns owned. */
result record_store_open(const char *path, uint32_t room, struct error *err, struct record_store **ret);
void record_store_close(struct record_store *s);

/* ERR_LIMIT past RECORD_STORE_FUNCTIONS_MAX, ERR_MEMORY. */
result record_store_add(
    struct record_store *s, uint32_t function, uint64_t names, const struct invocation *v, struct error *err);

/* Borrowed until the next add; NULL when it is not kept. */
const struct kept_record *record_store_find(const struct record_store *s, uint64_t request);
/* Those of a trace, oldest first, at most `most`; returns how many. */
size_t record_store_trace(
    const struct record_store *s, const uint8_t trace_id[16], size_t most, const struct kept_record **ret);
/* All that are kept, newest first, into ret[room]; returns how many. */
size_t record_store_list(const struct record_store *s, const struct kept_record **ret);
/* Those with a higher number, oldest first, at most `most`; returns how many. */
size_t record_store_since(
    const struct record_store *s, uint64_t number, size_t most, const struct kept_record **ret);
/* The number of the newest; 0: none. */
uint64_t record_store_newest(const struct record_store *s);
uint32_t record_store_room(const struct record_store *s);
uint32_t record_store_count(const struct record_store *s, uint32_t function);

#endif
