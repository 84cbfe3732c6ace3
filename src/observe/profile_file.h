/*
 * Profiles as text that is made to be read, diffed and committed beside ward.lock (ward.profile):
 *
 *	profile 1
 *	function greet
 *	  learned from 410 calls, at most 2 host calls in one
 *	  uses query ListItems in 410 calls, at most 1 in one, 410 in all
 *	  begins with query ListItems 410 times
 *	  after query ListItems it ends 400 times
 *	  after query ListItems comes query ReadPeople 12 times
 *	  called by anonymous 410
 *	  called through http 410
 *	  called at 09 400 10 10
 *	  surprise 0.0412 spread 0.0633
 *
 * Functions and lines are sorted, numbers have two digits, so that a diff shows what changed and not what was
 *counted. "makes no host call 3 times" is a beginning that is the end. Hours are UTC. "#" begins a comment
 *line. Names of host calls are the contract's; what the contract does not name is not written, and what is
 *not named by it any more is not read.
 */
#ifndef WARD_OBSERVE_PROFILE_FILE_H
#define WARD_OBSERVE_PROFILE_FILE_H

#include "observe/profile.h"

#define PROFILE_FILE "ward.profile"
#define PROFILE_FILE_BYTES_MAX (16u << 20)

/* Before the first function. */
void profile_file_begin(struct buf *out);
void profile_file_add(
    const struct profile *p, struct slice function, call_namer namer, void *context, struct buf *out);

struct profile_file_reader {
	/* The number of a host call of a function; false when it has none of this name. */
	bool (*call)(
	    void *context, struct slice function, enum host_kind kind, struct slice name, uint16_t *ret_call);
	/* A whole function; its profile holds for the call and counts as learned. */
	result (*function)(void *context, struct slice function, const struct profile *p, struct error *err);
	void *context;
};

/* The text comes from a repository. ERR_INVALID, with the line, for what is not as it is written above. */
result profile_file_read(struct slice text, const struct profile_file_reader *reader, struct error *err);

/*
 * What `now` does that `before` did not, and the other way round, a sentence a line; returns how many. Shares
 * count that moved by a fifth of all cases.
 */
unsigned profile_diff(const struct profile *before, const struct profile *now, struct slice function,
    call_namer namer, void *context, struct buf *out);

#endif
