/* What the files of infer.h call of one another. */
#ifndef WARD_DATA_INFER_INTERNAL_H
#define WARD_DATA_INFER_INTERNAL_H

#include "data/derive/infer.h"

/* infer_function.c, infer_primary.c, infer_expr.c: values */
extern const struct infer_value infer_nothing; /* of which nothing is known */
struct infer_value infer_of_type(enum sql_type type, bool nullable);
void infer_give_both(struct infer *infer, struct infer_value *a, struct infer_value *b);
void infer_let_null(struct infer *infer, const struct infer_value *v);
struct infer_value infer_merge(struct infer *infer, struct infer_value a, struct infer_value b);
struct infer_value infer_function_call(struct infer *infer, const struct infer_scope *scope);
void infer_skip_parens(struct infer *infer);
bool infer_at_select(const struct infer *infer);
struct infer_value infer_unary(struct infer *infer, const struct infer_scope *scope);
enum sql_host_param infer_host_of(const struct infer *infer, const struct infer_value *v);

/* infer_write.c: INSERT, UPDATE or DELETE; self: it stands in a WITH, whose columns are what it returns */
void infer_write(struct infer *infer, struct infer_cte *self);

/* infer_rows.c: what the host binds for each kind of row key */
extern const enum sql_host_param infer_row_host[ROW_KEY_COUNT];

/* infer_source.c, infer_select.c: names, sources, clauses */
struct slice infer_take_name(struct infer *infer);
struct infer_scope infer_new_scope(struct infer *infer, const struct infer_scope *parent);
void infer_add_column(
    struct infer *infer, struct infer_columns *to, struct slice name, struct infer_value value);
struct infer_source *infer_add_source(
    struct infer *infer, struct infer_scope *scope, struct slice name, struct slice at);
void infer_take_table(struct infer *infer, struct infer_source *source, const struct catalog_table *table);
struct slice infer_alias_or(struct infer *infer, struct slice name);
void infer_skip_index_hint(struct infer *infer);
void infer_read_from(struct infer *infer, struct infer_scope *scope);
void infer_read_where(struct infer *infer, const struct infer_scope *scope);
void infer_read_list(struct infer *infer, const struct infer_scope *scope);
void infer_read_result_list(struct infer *infer, const struct infer_scope *scope, struct infer_columns *ret);
size_t infer_find_from(const struct infer *infer);
void infer_read_limit(struct infer *infer);
void infer_read_with(struct infer *infer, const struct infer_scope *outer);

#endif
