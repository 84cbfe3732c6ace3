/*
 * YAML text as a small tree in which every node knows its place. Read from libfyaml's events, so nothing is
 * expanded: what makes YAML dangerous or surprising in a configuration (anchors, aliases, tags, merge keys,
 * several documents, keys that are no plain text, doubles) is a diagnostic. Bounded in size, depth and
 * entries.
 */
#ifndef WARD_APP_YAML_H
#define WARD_APP_YAML_H

#include "app/diagnostics/diagnostics.h"

#define YAML_DEPTH_MAX 16u
#define YAML_ENTRIES_MAX 2000u /* of one map or list */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;	   /* SCALAR: never null, true or a number */
	struct slice text; /* SCALAR, NUL-terminated */
	struct text_place place;
	struct yaml_node *key; /* in a MAP: the scalar before it */
	struct yaml_node *first;
	struct yaml_node *next;
	size_t count;
};

/* "", "~" or "null", unquoted. */
bool yaml_is_null(const struct yaml_node *node);

/*
 * text is hostile. *ret is NULL when there is nothing that could be read. Findings go to diagnostics under
 * the name `file`; the result fails only for want of memory.
 */
result yaml_parse(struct slice text, struct slice file, struct arena *arena, struct diagnostics *diagnostics,
    struct error *err, struct yaml_node **ret);

#endif
