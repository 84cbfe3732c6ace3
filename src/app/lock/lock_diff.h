/* Between lock_diff.c, which finds what differs, and lock_prose.c, which says it. */
#ifndef WARD_APP_LOCK_DIFF_H
#define WARD_APP_LOCK_DIFF_H

#include "app/lock/lock.h"

struct lock_diff {
	const struct lock *granted, *wanted;
	struct arena *arena;
	struct lock_change *items; /* on the heap until it is done */
	size_t count, room;
	bool differs; /* at least one line */
	bool failed;
};

/* What a function gained or lost by one grant of a query. */
struct grant_change {
	struct slice query;
	struct slice key;     /* "read users through public_users" */
	struct slice columns; /* "id, status"; empty: the table as a whole */
	uint32_t line;
	bool gained;
};

void lock_add(struct lock_diff *d, enum lock_direction direction, uint32_t line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

void lock_tell_right(struct lock_diff *d, struct slice function, const struct grant_change *c);
/* Any other line; from or to may be NULL. */
void lock_tell_line(struct lock_diff *d, const struct lock_section *section, uint32_t line,
    const struct lock_line *from, const struct lock_line *to);
/* A function or query that is new or gone. */
void lock_tell_section(struct lock_diff *d, const struct lock_section *section, bool is_new);

#endif
