/* Opening a session: what each of its queries takes and gives is looked up once, in the type set of its
 * function. Called by the broker. */
#include <stdio.h>

#include "base/check.h"
#include "data/internal.h"

#define SESSION_ARENA_BYTES (16u << 20)

static const struct type *find_type(const struct type_set *types, struct slice query, const char *what)
{
	char label[300];
	int n = snprintf(label, sizeof label, "query:%.*s:%s", SLICE_ARG(query), what);
	return n > 0 && (size_t)n < sizeof label ? type_set_find(types, slice_of(label, (size_t)n)) : NULL;
}

static const struct type *member_type(const struct type *object, int name)
{
	struct type_shape shape = type_shape(object);
	for (size_t i = 0; shape.kind == TYPE_OBJECT && i < shape.count; i++) {
		struct type_property p = type_shape_property(object, i);
		if (p.name == name)
			return p.type;
	}
	return NULL;
}

static int name_id(const struct sql_session *session, struct slice name)
{
	char member[SQL_MEMBER_MAX];
	return type_set_name_id(session->types, sql_member_name(name, member));
}

static result open_params(struct sql_session *session, struct session_query *q, struct error *err)
{
	const struct sql_query *query = q->query;
	q->params = find_type(session->types, query->name, "params");
	q->param_names = arena_array(&session->arena, query->param_count + 1, sizeof *q->param_names);
	q->json_params = arena_array(&session->arena, query->param_count + 1, sizeof(struct type *));
	if (!q->param_names || !q->json_params)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	if (query->param_count > ARRAY_LEN(session->bound))
		return error_set(
		    err, ERR_LIMIT, "query %.*s has too many parameters", SLICE_ARG(query->name));
	for (size_t i = 0; i < query->param_count; i++) {
		const struct sql_param *p = &query->params[i];
		q->param_names[i] = p->host == SQL_HOST_NONE ? name_id(session, p->name) : -1;
		q->json_params[i] = NULL;
		if (p->host == SQL_HOST_NONE && (!q->params || q->param_names[i] < 0))
			return error_set(err, ERR_INVALID,
			    "the type set does not know parameter %.*s of query %.*s", SLICE_ARG(p->name),
			    SLICE_ARG(query->name));
		if (p->host == SQL_HOST_NONE && p->type == SQL_JSON)
			q->json_params[i] = member_type(q->params, q->param_names[i]);
	}
	return RESULT_OK;
}

static result open_columns(struct sql_session *session, struct session_query *q, struct error *err)
{
	const struct sql_query *query = q->query;
	const struct type *row = find_type(session->types, query->name, "row");
	q->column_names = arena_array(&session->arena, query->column_count + 1, sizeof *q->column_names);
	q->json_columns = arena_array(&session->arena, query->column_count + 1, sizeof(struct type *));
	if (!q->column_names || !q->json_columns)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	if (!row)
		return error_set(err, ERR_INVALID, "the type set does not know the row of query %.*s",
		    SLICE_ARG(query->name));
	for (size_t i = 0; query->kind != QUERY_EXEC && i < query->column_count; i++) {
		int id = name_id(session, query->columns[i].name);
		if (id < 0)
			return error_set(err, ERR_INVALID,
			    "the type set does not know column %.*s of query %.*s",
			    SLICE_ARG(query->columns[i].name), SLICE_ARG(query->name));
		q->column_names[i] = (uint16_t)id;
		q->json_columns[i] = query->columns[i].type == SQL_JSON ? member_type(row, id) : NULL;
	}
	if (query->kind == QUERY_EXEC) {
		int changes = type_set_name_id(session->types, SLICE("changes"));
		int last_id = type_set_name_id(session->types, SLICE("lastId"));
		if (changes < 0 || last_id < 0)
			return error_set(err, ERR_INVALID,
			    "the type set does not know the result of query %.*s", SLICE_ARG(query->name));
		session->changes_name = (uint16_t)changes;
		session->last_id_name = (uint16_t)last_id;
	}
	return RESULT_OK;
}

static result open_session(
    struct sql_session *session, const struct sql_query *const *queries, size_t count, struct error *err)
{
	arena_init(&session->arena, SESSION_ARENA_BYTES);
	session->queries = arena_array(&session->arena, count + 1, sizeof *session->queries);
	if (!session->queries)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	for (size_t i = 0; i < count; i++) {
		session->queries[i] = (struct session_query){.query = queries[i]};
		for (size_t g = 0; g < queries[i]->grant_count; g++)
			if (queries[i]->grants[g].operation != SQL_READ)
				session->queries[i].writes = true;
		TRY(open_params(session, &session->queries[i], err));
		TRY(open_columns(session, &session->queries[i], err));
	}
	session->query_count = count;
	return session->backend->open(session, err);
}

result sql_session_open(struct sql_db *db, const struct sql_query *const *queries, size_t count,
    const struct type_set *types, const struct sql_limits *limits, struct error *err,
    struct sql_session **ret)
{
	struct sql_session *session = NULL;
	TRY(db->backend->session_new(db, err, &session));
	session->backend = db->backend;
	session->db = db;
	session->types = types;
	session->limits = *limits;
	result r = open_session(session, queries, count, err);
	if (!is_ok(r)) {
		sql_session_free(session);
		return r;
	}
	*ret = session;
	return RESULT_OK;
}
