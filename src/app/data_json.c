/* .ward/build/data.json: what the TypeScript compiler needs to know of an app. The format is in
 * ARCHITECTURE.md. */
#include "app/app.h"
#include "app/contract/json_write.h"

#define SCHEMA_BYTES_MAX (1u << 20)

static void add_schema(struct json_writer *w, const char *name, const struct sql_query *q,
    void (*write)(const struct sql_query *query, struct buf *out))
{
	CLEANUP_BUF struct buf schema = BUF_INIT(SCHEMA_BYTES_MAX);
	write(q, &schema);
	json_key(w, slice_cstr(name));
	json_raw(w, buf_slice(&schema));
	w->out->failed |= schema.failed;
}

static void add_query(struct json_writer *w, const struct sql_query *q)
{
	json_key(w, q->name);
	json_begin(w, '{');
	json_member_text(w, "file", q->file);
	json_member_uint(w, "line", q->line);
	json_member_text(w, "kind", slice_cstr(query_kind_name(q->kind)));
	add_schema(w, "params", q, query_params_schema);
	add_schema(w, "row", q, query_row_schema);
	json_key(w, SLICE("host"));
	json_begin(w, '[');
	for (size_t i = 0; i < q->param_count; i++)
		if (q->params[i].host != SQL_HOST_NONE)
			json_text(w, q->params[i].name);
	json_end(w, ']');
	json_end(w, '}');
}

static void add_http(struct json_writer *w, const struct manifest_route *http)
{
	json_key(w, SLICE("http"));
	json_begin(w, '{');
	json_member_text(w, "method", slice_cstr(http_method_name(http->method)));
	json_member_text(w, "path", http->path);
	json_end(w, '}');
}

static void add_egress(struct json_writer *w, const struct manifest_function *f)
{
	json_key(w, SLICE("egress"));
	json_begin(w, '[');
	for (size_t i = 0; i < f->egress_count; i++) {
		json_begin(w, '{');
		json_member_text(w, "host", f->egress[i].host);
		json_member_uint(w, "port", f->egress[i].port);
		json_member_true_given(w, "private", f->egress[i].private_ok);
		json_end(w, '}');
	}
	json_end(w, ']');
}

static void add_function(struct json_writer *w, const struct manifest_function *f)
{
	json_key(w, f->name);
	json_begin(w, '{');
	json_member_text(w, "source", f->source);
	json_member_text(w, "export", f->export_name);
	if (f->http.present)
		add_http(w, &f->http);
	json_member_text(w, "auth", slice_cstr(auth_kind_name(f->auth.kind)));
	json_key(w, SLICE("queries"));
	json_texts(w, &f->queries);
	add_egress(w, f);
	json_key(w, SLICE("secrets"));
	json_texts(w, &f->secrets);
	json_key(w, SLICE("publish"));
	json_texts(w, &f->publish);
	json_end(w, '}');
}

void app_data_json(const struct app *app, struct buf *out)
{
	struct json_writer w = {.out = out};
	json_begin(&w, '{');
	json_member_text(&w, "app", app->manifest.app);
	json_key(&w, SLICE("queries"));
	json_begin(&w, '{');
	for (size_t i = 0; i < app->schema.query_count; i++)
		add_query(&w, &app->schema.queries[i]);
	json_end(&w, '}');
	json_key(&w, SLICE("functions"));
	json_begin(&w, '{');
	for (size_t i = 0; i < app->manifest.function_count; i++)
		add_function(&w, &app->manifest.functions[i]);
	json_end(&w, '}');
	json_end(&w, '}');
	buf_add_char(out, '\n');
}
