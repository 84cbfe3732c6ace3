/* The schemas of one function as a type set. Gateway, worker and broker must agree on it: one order, one
 * place. */
#include "app/app.h"

#define SCHEMA_BYTES_MAX (1u << 20)

static result add(struct type_set *set, struct slice label, struct slice schema, struct error *err)
{
	if (!schema.ptr)
		return RESULT_OK;
	return type_set_add(set, label, schema, err);
}

static result add_query_part(struct type_set *set, const struct sql_query *q, const char *part,
    void (*write)(const struct sql_query *query, struct buf *out), struct error *err)
{
	CLEANUP_BUF struct buf label = BUF_INIT(512);
	CLEANUP_BUF struct buf schema = BUF_INIT(SCHEMA_BYTES_MAX);
	buf_printf(&label, "query:%.*s:%s", SLICE_ARG(q->name), part);
	write(q, &schema);
	if (!buf_ok(&label) || !buf_ok(&schema))
		return error_set(err, ERR_LIMIT, "query %.*s is too large", SLICE_ARG(q->name));
	return add(set, buf_slice(&label), buf_slice(&schema), err);
}

static result add_all(struct type_set *set, const struct app_function *f, struct error *err)
{
	TRY(add(set, SLICE("input"), f->input, err));
	TRY(add(set, SLICE("output"), f->output, err));
	for (size_t i = 0; i < f->error_count; i++) {
		CLEANUP_BUF struct buf label = BUF_INIT(512);
		buf_printf(&label, "error:%.*s", SLICE_ARG(f->errors[i].name));
		if (!buf_ok(&label))
			return error_set(err, ERR_LIMIT, "the name of an error is too long");
		TRY(add(set, buf_slice(&label), f->errors[i].schema, err));
	}
	for (size_t i = 0; i < f->query_count; i++) {
		TRY(add_query_part(set, f->queries[i], "params", query_params_schema, err));
		TRY(add_query_part(set, f->queries[i], "row", query_row_schema, err));
	}
	return type_set_seal(set, err);
}

result app_type_set(const struct app_function *function, struct error *err, struct type_set **ret)
{
	/* Functions are JavaScript: their numbers are doubles. */
	struct type_set *set = type_set_new_with(&(struct type_options){.doubles = true});
	if (!set)
		return error_set(err, ERR_MEMORY, "no memory for types");
	result r = add_all(set, function, err);
	if (!is_ok(r)) {
		type_set_free(set);
		return error_wrap(err, r, "%.*s", SLICE_ARG(function->contract.name));
	}
	*ret = set;
	return RESULT_OK;
}
