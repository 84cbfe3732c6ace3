/*
 * Whose rows: every source of a table with a row key must be bound to the caller. Bound are
 *
 *	a source whose key column equals :auth_user (:auth_tenant) in a condition that every row passes,
 *	a source whose key column equals that of a bound source,
 *	a source whose foreign key equals the key of a bound source it refers to (its parent is the caller's),
 *	an INSERT that writes :auth_user to the key column.
 *
 * Anything else is not bound; so is whatever the reader of the statement did not understand. Errs on that
 *side.
 */
#include "data/derive/infer_internal.h"

const enum sql_host_param infer_row_host[ROW_KEY_COUNT] = {
    [ROW_OWNER] = SQL_HOST_AUTH_USER, [ROW_TENANT] = SQL_HOST_AUTH_TENANT};

static bool has_key(const struct infer_source *s, int k)
{
	return s->table && (s->table->row_key[k].len > 0 || s->table->row_key_hidden[k]);
}

static bool is_key(const struct infer_source *s, int column, int k)
{
	return s->table && s->table->row_key[k].len > 0 &&
	       slice_eq_nocase(s->table->columns[column].name, s->table->row_key[k]);
}

static bool may_bind(const struct infer_equality *e, const struct infer_source *s)
{
	return s->scope == e->scope && (!e->only || e->only == s) && !s->target;
}

static bool refers(
    const struct infer_source *child, int child_column, const struct infer_source *parent, int parent_column)
{
	if (!child->table || !parent->table)
		return false;
	const struct catalog_column *c = &child->table->columns[child_column];
	return slice_eq_nocase(c->references_table, parent->table->name) &&
	       slice_eq_nocase(c->references_column, parent->table->columns[parent_column].name);
}

/* Whether child, not bound yet, is bound through parent. */
static bool through(const struct infer_equality *e, const struct infer_source *child, int child_column,
    const struct infer_source *parent, int parent_column, int k)
{
	if (child->bound[k] || !parent->bound[k] || !may_bind(e, child))
		return false;
	/* A parent that an outer join may have left out ties nothing; equality with its NULL drops the row,
	 * though. */
	return (is_key(child, child_column, k) && is_key(parent, parent_column, k)) ||
	       refers(child, child_column, parent, parent_column);
}

static bool bind_by(struct infer_equality *e, int k)
{
	if (!e->b) {
		if (e->host != infer_row_host[k] || e->a->bound[k] || !may_bind(e, e->a) ||
		    !is_key(e->a, e->a_column, k))
			return false;
		e->a->bound[k] = true;
		return true;
	}
	if (through(e, e->a, e->a_column, e->b, e->b_column, k)) {
		e->a->bound[k] = true;
		return true;
	}
	if (through(e, e->b, e->b_column, e->a, e->a_column, k)) {
		e->b->bound[k] = true;
		return true;
	}
	return false;
}

static void spread(struct infer *infer)
{
	bool more = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < infer->equality_count; i++)
			for (int k = 0; k < ROW_KEY_COUNT; k++)
				more = bind_by(&infer->equalities[i], k) || more;
	}
}

static bool is_bound(const struct infer_source *s)
{
	for (int k = 0; k < ROW_KEY_COUNT; k++)
		if (has_key(s, k) && !s->bound[k])
			return false;
	return true;
}

void infer_rows(struct infer *infer)
{
	struct sql_query *query = &infer->query->query;
	bool any = false;
	query->unbound_table = SLICE_NONE;
	if (!infer->lost)
		spread(infer);
	if (infer->moved)
		query->unbound_table = infer->moved->table->name;
	/* The list is newest first; the first in the statement is the one to name. */
	for (const struct infer_source *s = infer->all; s; s = s->all_next) {
		any = any || has_key(s, ROW_OWNER) || has_key(s, ROW_TENANT);
		if (!is_bound(s))
			query->unbound_table = s->table->name;
	}
	query->constrains_owner = any && query->unbound_table.len == 0;
}
