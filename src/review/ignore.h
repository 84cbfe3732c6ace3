/*
 * gitignore patterns (gitignore(5)): one list a directory, asked from the deepest directory up.
 * Supported in full: comments, negation, trailing-slash directories, anchoring, *, ?, [], **, escapes. Lists
 * are bounded.
 */
#ifndef WARD_REVIEW_IGNORE_H
#define WARD_REVIEW_IGNORE_H

#include "base/arena.h"

struct ignore_pattern;

/* The patterns of one .gitignore. They apply to paths below the directory that holds it. */
struct ignore_list {
	const struct ignore_list *parent; /* of the directory above, or NULL */
	size_t dir_len; /* bytes of the directory's relative path with its '/', 0 at the root */
	struct ignore_pattern *patterns;
	size_t count;
};

#define IGNORE_PATTERNS_MAX 4096u

/* text must outlive the list. NULL when memory is gone. */
struct ignore_list *ignore_parse(
    struct arena *arena, const struct ignore_list *parent, size_t dir_len, struct slice text);

/* Is the path (relative to the root) ignored? The last matching pattern of the deepest list decides. */
bool ignore_match(const struct ignore_list *list, struct slice path, bool is_dir);

/* Shell-like match of one pattern against a whole text: * and ? stop at '/', ** does not. Exposed for rules
 * and tests. */
bool glob_match(struct slice pattern, struct slice text);

#endif
