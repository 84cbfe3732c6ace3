/* The fields of a node tree that pg_reach.h names, one call a relation or function. Pure text, no server. */
#ifndef WARD_DATA_PG_TREE_H
#define WARD_DATA_PG_TREE_H

#include "base/slice.h"

/* Bits of requiredPerms: src/include/nodes/parsenodes.h. */
enum { PG_ACL_INSERT = 1, PG_ACL_SELECT = 2, PG_ACL_UPDATE = 4, PG_ACL_DELETE = 8 };
#define PG_COLUMNS_MAX 1664u

struct pg_tree_relation {
	uint32_t relation;
	uint32_t rights;
	/* Numbers as in the tree, which begin at the lowest system column: pg_tree_column(). */
	struct slice selected, inserted, updated;
};

struct pg_tree {
	struct slice rest;
	uint32_t relation; /* the last relid seen */
	struct pg_tree_relation current;
};

/* One of them at a time: true and ret_relation filled (rights not 0), or ret_function set. False at the end.
 */
bool pg_tree_next(struct pg_tree *tree, struct pg_tree_relation *ret_relation, uint32_t *ret_function);

/* Cuts the next number off a set and makes it an attnum: 0 is the whole row, below are system columns. */
bool pg_tree_column(struct slice *set, int *ret_number);

#endif
