/*
 * queries/NAME.sql in the sqlc convention (https://docs.sqlc.dev/en/stable/reference/query-annotations.html):
 *
 *	-- name: GetOwnOrder :one
 *	-- param: id integer
 *	SELECT id, status FROM orders WHERE id = :id AND customer = :auth_user;
 *
 * Several queries a file, one statement a query, bound by :name only. Comment lines between name and
 *statement that ward reads:
 *
 *	-- param: NAME TYPE       the type of a parameter, where it cannot be seen from the statement; TYPE?
 *lets it be NULL
 *	-- column: NAME TYPE      the same for a column of the result
 *	-- ward: unowned because REASON    rows of other users are meant to be reached
 *
 * Types are those of sql_type_name().
 */
#ifndef WARD_DATA_QUERY_FILE_H
#define WARD_DATA_QUERY_FILE_H

#include "data/derive/finding.h"
#include "data/derive/scan.h"

#define QUERY_NAME_MAX 100u
#define QUERY_PARAMS_MAX 100u
#define QUERY_TYPES_MAX 100u
#define QUERY_TOKENS_MAX 20000u

/* What the author says about a type. */
struct query_type_note {
	struct slice where; /* in the file's text */
	struct slice name;
	bool of_column;
	enum sql_type type;
	bool nullable;
	bool used;
};

struct query_source {
	struct sql_query query; /* name, file, line, kind, sql, unowned_reason, params (name and host) */
	const struct sql_text *in;
	struct slice name_at;	  /* in the text */
	struct sql_token *tokens; /* of the statement, without comments, ended by SQL_TOKEN_END */
	size_t token_count;	  /* without the end */
	struct query_type_note notes[QUERY_TYPES_MAX];
	size_t note_count;
};

/* All queries of one file, appended by the callback in order; what is wrong goes to the finder. */
typedef result query_source_fn(void *context, struct query_source *source, struct error *err);
result query_file_parse(const struct sql_text *file, bool postgres, struct finder *finder,
    struct arena *arena, query_source_fn *each, void *context, struct error *err);

#endif
