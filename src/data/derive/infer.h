/*
 * Types of parameters and result columns, and whether rows are bound to the caller, found by reading the
 *statement's structure against the catalog. Whether the statement is valid is the database's word, given
 *before; this reader only has to understand it well enough, and says so where it does not.
 *
 *	infer_source.c infer_select.c infer_write.c    statements: sources, scopes, what is written where
 *	infer_primary.c infer_function.c infer_expr.c  expressions: types flow from columns to the parameters
 *beside them infer_rows.c                                   which sources are bound to :auth_user or
 *:auth_tenant
 */
#ifndef WARD_DATA_INFER_H
#define WARD_DATA_INFER_H

#include "data/derive/catalog.h"
#include "data/derive/query_file.h"

#define INFER_EQUALITIES_MAX 500u
#define INFER_DEPTH_MAX 60u
#define INFER_EDITS_MAX 50u
#define INFER_COLUMNS_MAX 400u

struct infer_source;

/* What is known of an expression. */
struct infer_value {
	enum sql_type type;
	bool known;
	bool nullable;
	bool is_null;		     /* the literal */
	int param;		     /* the expression is this parameter; -1: it is not */
	struct infer_source *source; /* the expression is a column of this; NULL: it is not */
	int column;
};

struct infer_column {
	struct slice name;
	struct infer_value value;
};

struct infer_columns {
	struct infer_column *items;
	size_t count;
};

/* A table, view, subquery or common table expression as it stands in one FROM. */
struct infer_source {
	struct slice name;		   /* alias, or the table's name */
	struct slice at;		   /* in the statement, for findings */
	const struct catalog_table *table; /* NULL: a subquery */
	struct infer_columns columns;
	unsigned scope;		   /* id of its scope */
	bool outer;		   /* its columns may be NULL for want of a row */
	bool bound[ROW_KEY_COUNT]; /* infer_rows.c */
	bool target;		   /* of INSERT: bound by what is inserted */
	struct infer_source *next; /* in its scope */
	struct infer_source *all_next;
};

struct infer_scope {
	struct infer_source *sources;
	struct infer_source **end;
	const struct infer_scope *parent;
	unsigned id;
};

/* WITH name AS (...). */
struct infer_cte {
	struct slice name;
	struct infer_columns columns;
	struct infer_cte *next;
};

/* a.x = b.y, or a.x = :host, as a condition that every row passes. only: rows of this source alone pass it
 * (LEFT JOIN). */
struct infer_equality {
	struct infer_source *a;
	int a_column;
	struct infer_source *b; /* NULL: a host parameter */
	int b_column;
	enum sql_host_param host;
	const struct infer_source *only;
	unsigned scope; /* it says nothing about rows of sources outside */
};

/* A `*` that becomes the columns it stood for, so that a column added later does not change the query. */
struct infer_edit {
	struct slice star; /* "*" or "name.*" in the statement */
	struct slice columns;
};

struct infer {
	const struct catalog *catalog;
	struct query_source *query;
	struct arena *arena;
	const struct sql_token *tokens;
	size_t at;
	unsigned depth;
	unsigned scope_count;
	bool lost; /* something it does not understand, or no memory */
	bool param_known[QUERY_PARAMS_MAX];
	struct infer_cte *ctes;
	struct infer_source *all;
	struct infer_equality equalities[INFER_EQUALITIES_MAX];
	size_t equality_count;
	const struct infer_source *join; /* an outer join's condition is being read */
	bool binds;			 /* conditions met now hold for every row */
	struct infer_columns result;
	struct infer_edit edits[INFER_EDITS_MAX]; /* in no order */
	size_t edit_count;
	const struct infer_source *moved; /* a write puts a row out of the caller's hands */
};

/* Fills the query's parameter types, infer->result, and the row binding. False: the statement was not
 * understood. */
bool infer_query(struct infer *infer);

/* infer_view.c: types and nullability of the columns of views. scratch is emptied. */
result infer_views(struct catalog *catalog, struct arena *scratch, struct error *err);

/* The statement with its edits made; the statement itself when there are none or they do not fit. */
struct slice infer_edited(const struct infer *infer, struct arena *arena);

/* infer_source.c and infer_select.c, for the others */
bool infer_select(
    struct infer *infer, const struct infer_scope *outer, struct infer_cte *self, struct infer_columns *ret);
bool infer_at(const struct infer *infer, const char *word);
bool infer_at_next(const struct infer *infer, size_t ahead, const char *word);
/* Moves past the word when it is there. */
bool infer_take(struct infer *infer, const char *word);
/* The same, and lost when it is not. */
void infer_expect(struct infer *infer, const char *word);

/* infer_expr.c */
struct infer_value infer_expr(struct infer *infer, const struct infer_scope *scope);
/* What a parameter is assigned to or compared with gives it its type. */
void infer_give(struct infer *infer, const struct infer_value *to, const struct infer_value *from);

/* infer_rows.c: decides constrains_owner and unbound_table. */
void infer_rows(struct infer *infer);

#endif
