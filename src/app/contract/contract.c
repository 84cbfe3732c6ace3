/*
 * app.json, the resolved contract: its table, and what must hold beyond the table. Read by every process with
 * its own eyes; a contract that is not as written here is refused as a whole.
 */
#include "app/app.h"
#include "app/contract/codec.h"
#include "app/manifest/countries.h"
#include "app/manifest/manifest_schema.h"
#include "app/manifest/route.h"

#include <stdlib.h>

#define CONTRACT_FORMAT 1u
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define RECORD(name, struct_type, ...)                                                                       \
	static const struct record name = {                                                                  \
	    name##_fields, COUNT(name##_fields), sizeof(struct_type), __VA_ARGS__}
#define OF(struct_type, member) .offset = offsetof(struct_type, member)

/* The table's enums have functions of their own type. */
#define NAMES(function, enum_type)                                                                           \
	static const char *function##_of(unsigned value)                                                     \
	{                                                                                                    \
		return function((enum_type)value);                                                           \
	}
NAMES(auth_kind_name, enum auth_kind)
NAMES(rate_scope_name, enum rate_scope)
NAMES(database_kind_name, enum database_kind)
NAMES(proof_use_name, enum proof_use)
NAMES(watch_rule_name, enum watch_rule)
NAMES(http_method_name, enum http_method)
NAMES(query_kind_name, enum query_kind)
NAMES(sql_type_name, enum sql_type)
NAMES(sql_operation_name, enum sql_operation)
NAMES(sql_host_param_name, enum sql_host_param)
NAMES(forwarded_header_name, enum forwarded_header)

static const struct field route_fields[] = {
    {"method", FIELD_ENUM, true, OF(struct manifest_route, method), .value_name = http_method_name_of,
	.values = HTTP_METHOD_COUNT},
    {"path", FIELD_TEXT, true, OF(struct manifest_route, path)},
};
RECORD(route, struct manifest_route, 0);

static const struct field access_fields[] = {
    {"kind", FIELD_ENUM, true, OF(struct manifest_access, kind), .value_name = auth_kind_name_of,
	.values = AUTH_KIND_COUNT},
    {"name", FIELD_TEXT, OF(struct manifest_access, name)},
    {"fresh_us", FIELD_U64, OF(struct manifest_access, fresh_us)},
    {"mfa", FIELD_BOOL, OF(struct manifest_access, mfa)},
    {"tenant", FIELD_BOOL, OF(struct manifest_access, tenant)},
};
RECORD(access, struct manifest_access, 0);

static const struct field egress_fields[] = {
    {"host", FIELD_TEXT, true, OF(struct manifest_egress, host)},
    {"port", FIELD_U16, true, OF(struct manifest_egress, port)},
    {"tls", FIELD_BOOL, true, OF(struct manifest_egress, tls)},
    {"private", FIELD_BOOL, OF(struct manifest_egress, private_ok)},
    {"methods", FIELD_BITS, true, OF(struct manifest_egress, methods), .value_name = http_method_name_of,
	.values = HTTP_METHOD_COUNT},
    {"paths", FIELD_TEXTS, OF(struct manifest_egress, paths)},
    {"secret", FIELD_TEXT, OF(struct manifest_egress, secret)},
    {"secret_header", FIELD_TEXT, OF(struct manifest_egress, secret_header)},
    {"secret_format", FIELD_TEXT, OF(struct manifest_egress, secret_format)},
    {"timeout_us", FIELD_U64, true, OF(struct manifest_egress, timeout_us)},
    {"response_bytes", FIELD_U64, true, OF(struct manifest_egress, response_bytes)},
    {"why", FIELD_TEXT, OF(struct manifest_egress, why)},
    {"sign", FIELD_TEXT, OF(struct manifest_egress, sign)},
};
RECORD(egress, struct manifest_egress, 0);

static const struct field rate_fields[] = {
    {"count", FIELD_U64, OF(struct manifest_rate, count)},
    {"per_us", FIELD_U64, OF(struct manifest_rate, per_us)},
    {"scope", FIELD_ENUM, OF(struct manifest_rate, scope), .value_name = rate_scope_name_of,
	.values = RATE_SCOPE_COUNT},
};
RECORD(rate, struct manifest_rate, 0);

static const struct field limits_fields[] = {
    {"cpu_us", FIELD_U64, true, OF(struct manifest_limits, cpu_us)},
    {"wall_us", FIELD_U64, true, OF(struct manifest_limits, wall_us)},
    {"memory_bytes", FIELD_U64, true, OF(struct manifest_limits, memory_bytes)},
    {"body_bytes", FIELD_U64, true, OF(struct manifest_limits, body_bytes)},
    {"concurrency", FIELD_U64, true, OF(struct manifest_limits, concurrency)},
    {"rate", FIELD_GROUP, OF(struct manifest_limits, rate), .record = &rate},
};
RECORD(limits, struct manifest_limits, 0);

static const struct field budget_fields[] = {
    {"calls", FIELD_U64, OF(struct manifest_budget, calls)},
    {"cpu_us", FIELD_U64, OF(struct manifest_budget, cpu_us)},
    {"response_bytes", FIELD_U64, OF(struct manifest_budget, response_bytes)},
    {"fetches", FIELD_U64, OF(struct manifest_budget, fetches)},
};
RECORD(budget, struct manifest_budget, 0);

static const struct field countries_fields[] = {
    {"allow", FIELD_TEXTS, OF(struct manifest_countries, allow)},
    {"deny", FIELD_TEXTS, OF(struct manifest_countries, deny)},
};
RECORD(countries, struct manifest_countries, 0);

static const struct field error_fields[] = {
    {"name", FIELD_TEXT, true, OF(struct app_error, name)},
    {"status", FIELD_U32, true, OF(struct app_error, status), .max = 599},
    {"title", FIELD_TEXT, OF(struct app_error, title)},
    {"schema", FIELD_JSON, OF(struct app_error, schema)},
};
RECORD(error, struct app_error, 0);

static const struct field function_fields[] = {
    {"source", FIELD_TEXT, true, OF(struct app_function, contract.source)},
    {"export", FIELD_TEXT, true, OF(struct app_function, contract.export_name)},
    {"why", FIELD_TEXT, OF(struct app_function, contract.why)},
    {"http", FIELD_GROUP, OF(struct app_function, contract.http), .record = &route,
	.present_offset = offsetof(struct app_function, contract.http.present)},
    {"auth", FIELD_GROUP, true, OF(struct app_function, contract.auth), .record = &access},
    {"queries", FIELD_TEXTS, OF(struct app_function, contract.queries)},
    {"egress", FIELD_LIST, OF(struct app_function, contract.egress), .record = &egress,
	.count_offset = offsetof(struct app_function, contract.egress_count)},
    {"secrets", FIELD_TEXTS, OF(struct app_function, contract.secrets)},
    {"publish", FIELD_TEXTS, OF(struct app_function, contract.publish)},
    {"limits", FIELD_GROUP, true, OF(struct app_function, contract.limits), .record = &limits},
    {"budget", FIELD_GROUP, .not_for_worker = true, OF(struct app_function, contract.budget), .record = &budget},
    {"quiet_us", FIELD_U64, OF(struct app_function, contract.quiet_us)},
    {"input", FIELD_JSON, OF(struct app_function, input)},
    {"output", FIELD_JSON, OF(struct app_function, output)},
    {"errors", FIELD_LIST, OF(struct app_function, errors), .record = &error,
	.count_offset = offsetof(struct app_function, error_count)},
    {"bundle", FIELD_TEXT, true, OF(struct app_function, bundle)},
    {"map", FIELD_TEXT, OF(struct app_function, map)},
    {"uses", FIELD_TEXTS, OF(struct app_function, uses)},
};
RECORD(function, struct app_function, offsetof(struct app_function, contract.name));

static const struct field param_fields[] = {
    {"name", FIELD_TEXT, true, OF(struct sql_param, name)},
    {"type", FIELD_ENUM, true, OF(struct sql_param, type), .value_name = sql_type_name_of,
	.values = SQL_NUMERIC + 1},
    {"nullable", FIELD_BOOL, OF(struct sql_param, nullable)},
    {"host", FIELD_ENUM, OF(struct sql_param, host), .value_name = sql_host_param_name_of,
	.values = SQL_HOST_NOW + 1},
};
RECORD(param, struct sql_param, 0);

static const struct field column_fields[] = {
    {"name", FIELD_TEXT, true, OF(struct sql_column, name)},
    {"type", FIELD_ENUM, true, OF(struct sql_column, type), .value_name = sql_type_name_of,
	.values = SQL_NUMERIC + 1},
    {"nullable", FIELD_BOOL, OF(struct sql_column, nullable)},
};
RECORD(column, struct sql_column, 0);

static const struct field grant_fields[] = {
    {"table", FIELD_TEXT, true, OF(struct sql_grant, table)},
    {"column", FIELD_TEXT, OF(struct sql_grant, column)},
    {"operation", FIELD_ENUM, true, OF(struct sql_grant, operation), .value_name = sql_operation_name_of,
	.values = SQL_OPERATION_COUNT},
    {"via", FIELD_TEXT, OF(struct sql_grant, via)},
};
RECORD(grant, struct sql_grant, 0);

static const struct field query_fields[] = {
    {"kind", FIELD_ENUM, true, OF(struct sql_query, kind), .value_name = query_kind_name_of,
	.values = QUERY_EXEC + 1},
    {"params", FIELD_LIST, OF(struct sql_query, params), .record = &param,
	.count_offset = offsetof(struct sql_query, param_count)},
    {"columns", FIELD_LIST, OF(struct sql_query, columns), .record = &column,
	.count_offset = offsetof(struct sql_query, column_count)},
    {"file", FIELD_TEXT, .not_for_worker = true, OF(struct sql_query, file)},
    {"line", FIELD_U32, .not_for_worker = true, OF(struct sql_query, line)},
    {"sql", FIELD_TEXT, .not_for_worker = true, OF(struct sql_query, sql)},
    {"grants", FIELD_LIST, .not_for_worker = true, OF(struct sql_query, grants), .record = &grant,
	.count_offset = offsetof(struct sql_query, grant_count)},
    {"constrains_owner", FIELD_BOOL, .not_for_worker = true, OF(struct sql_query, constrains_owner)},
    {"unbound_table", FIELD_TEXT, .not_for_worker = true, OF(struct sql_query, unbound_table)},
    {"unowned_reason", FIELD_TEXT, .not_for_worker = true, OF(struct sql_query, unowned_reason)},
};
RECORD(query, struct sql_query, offsetof(struct sql_query, name));

static const struct field page_fields[] = {
    {"connect", FIELD_TEXTS, OF(struct manifest_page, connect)},
    {"images", FIELD_TEXTS, OF(struct manifest_page, images)},
    {"styles", FIELD_TEXTS, OF(struct manifest_page, styles)},
    {"fonts", FIELD_TEXTS, OF(struct manifest_page, fonts)},
    {"frames", FIELD_TEXTS, OF(struct manifest_page, frames)},
    {"media", FIELD_TEXTS, OF(struct manifest_page, media)},
    {"inline_styles", FIELD_BOOL, OF(struct manifest_page, inline_styles)},
    {"wasm", FIELD_BOOL, OF(struct manifest_page, wasm)},
};
RECORD(page, struct manifest_page, 0);

static const struct field database_fields[] = {
    {"kind", FIELD_ENUM, OF(struct manifest_database, kind), .value_name = database_kind_name_of,
	.values = DATABASE_KIND_COUNT},
    {"url_secret", FIELD_TEXT, OF(struct manifest_database, url_secret)},
    {"unverified", FIELD_BOOL, OF(struct manifest_database, unverified)},
};
RECORD(database, struct manifest_database, 0);

static const struct field issuer_fields[] = {
    {"name", FIELD_TEXT, true, OF(struct manifest_issuer, name)},
    {"issuer", FIELD_TEXT, true, OF(struct manifest_issuer, issuer)},
    {"client_id", FIELD_TEXT, true, OF(struct manifest_issuer, client_id)},
    {"secret", FIELD_TEXT, OF(struct manifest_issuer, secret)},
    {"private", FIELD_BOOL, OF(struct manifest_issuer, private_ok)},
};
RECORD(issuer, struct manifest_issuer, 0);

static const struct field identity_fields[] = {
    {"sign_up_closed", FIELD_BOOL, OF(struct manifest_identity, sign_up_closed)},
    {"verify", FIELD_BOOL, OF(struct manifest_identity, verify)},
    {"proof", FIELD_ENUM, OF(struct manifest_identity, proof), .value_name = proof_use_name_of, .values = PROOF_USE_COUNT},
    {"issuers", FIELD_LIST, OF(struct manifest_identity, issuers), .record = &issuer,
	.count_offset = offsetof(struct manifest_identity, issuer_count), .max = 8},
};
RECORD(identity, struct manifest_identity, 0);

static const struct field mail_fields[] = {
    {"host", FIELD_TEXT, OF(struct manifest_mail, host)},
    {"port", FIELD_U16, OF(struct manifest_mail, port)},
    {"tls", FIELD_BOOL, OF(struct manifest_mail, tls)},
    {"private", FIELD_BOOL, OF(struct manifest_mail, private_ok)},
    {"loopback", FIELD_BOOL, OF(struct manifest_mail, loopback)},
    {"from", FIELD_TEXT, OF(struct manifest_mail, from)},
    {"user", FIELD_TEXT, OF(struct manifest_mail, user)},
    {"secret", FIELD_TEXT, OF(struct manifest_mail, secret)},
};
RECORD(mail, struct manifest_mail, 0);

#define X(name)                                                                                              \
	{#name, FIELD_ENUM, OF(struct manifest_watch, rules[WATCH_SIGNAL_##name]), .value_name = watch_rule_name_of, \
	    .values = WATCH_RULES},
static const struct field watch_fields[] = {
    {"learn_us", FIELD_U64, OF(struct manifest_watch, learn_us)},
    {"span_us", FIELD_U64, OF(struct manifest_watch, span_us)},
    {"learn_calls", FIELD_U64, OF(struct manifest_watch, learn_calls)},
    {"learn_spans", FIELD_U64, OF(struct manifest_watch, learn_spans)},
    {"webhooks", FIELD_LIST, OF(struct manifest_watch, webhooks.items), .record = &egress,
	.count_offset = offsetof(struct manifest_watch, webhooks.count)},
    {"otlp", FIELD_LIST, OF(struct manifest_watch, otlp.items), .record = &egress,
	.count_offset = offsetof(struct manifest_watch, otlp.count)},
    {"mail", FIELD_TEXTS, OF(struct manifest_watch, mail)},
    WATCH_SIGNALS(X)};
#undef X
RECORD(watch, struct manifest_watch, 0);

struct document {
	uint32_t format;
	struct app_contract contract;
};
static const struct field document_fields[] = {
    {"ward", FIELD_U32, true, OF(struct document, format)},
    {"app", FIELD_TEXT, true, OF(struct document, contract.app)},
    {"database", FIELD_GROUP, OF(struct document, contract.database), .record = &database},
    {"page", FIELD_GROUP, OF(struct document, contract.page), .record = &page},
    {"identity", FIELD_GROUP, .not_for_worker = true, OF(struct document, contract.identity), .record = &identity},
    {"mail", FIELD_GROUP, .not_for_worker = true, OF(struct document, contract.mail), .record = &mail},
    {"trusted_proxies", FIELD_TEXTS, OF(struct document, contract.trusted_proxies)},
    {"proxy_header", FIELD_ENUM, OF(struct document, contract.proxy_header), .value_name = forwarded_header_name_of,
	.values = FORWARDED_HEADER_COUNT},
    {"watch", FIELD_GROUP, .not_for_worker = true, OF(struct document, contract.watch), .record = &watch},
    {"budget", FIELD_GROUP, .not_for_worker = true, OF(struct document, contract.budget), .record = &budget},
    {"countries", FIELD_GROUP, .not_for_worker = true, OF(struct document, contract.countries), .record = &countries},
    {"queries", FIELD_MAP, OF(struct document, contract.queries), .record = &query,
	.count_offset = offsetof(struct document, contract.query_count)},
    {"functions", FIELD_MAP, true, OF(struct document, contract.functions), .record = &function,
	.count_offset = offsetof(struct document, contract.function_count), .max = MANIFEST_FUNCTIONS_MAX},
};
RECORD(document, struct document, 0);

void app_contract_json(const struct app_contract *contract, struct buf *out)
{
	struct json_writer w = {.out = out};
	const struct document d = {CONTRACT_FORMAT, *contract};
	codec_write(&w, &document, &d, false);
	buf_add_char(out, '\n');
}

void app_contract_function_json(const struct app_contract *contract, size_t i, struct buf *out)
{
	const struct app_function *f = &contract->functions[i];
	struct json_writer w = {.out = out};
	struct document d = {CONTRACT_FORMAT,
	    {.app = contract->app, .functions = &contract->functions[i], .function_count = 1}};
	struct sql_query *queries = calloc(f->query_count + 1, sizeof *queries);
	if (!queries) {
		out->failed = true;
		return;
	}
	for (size_t k = 0; k < f->query_count; k++)
		queries[k] = *f->queries[k];
	d.contract.queries = queries;
	d.contract.query_count = f->query_count;
	codec_write(&w, &document, &d, true);
	free(queries);
}

void app_contract_function_part(const struct app_function *f, struct buf *out)
{
	struct json_writer w = {.out = out};
	codec_write(&w, &function, f, false);
}

static int query_by_name(const void *key, const void *member)
{
	return slice_cmp(*(const struct slice *)key, ((const struct sql_query *)member)->name);
}

static int function_by_name(const void *key, const void *member)
{
	return slice_cmp(*(const struct slice *)key, ((const struct app_function *)member)->contract.name);
}

const struct app_function *app_contract_find(const struct app_contract *contract, struct slice name)
{
	if (contract->function_count == 0)
		return NULL;
	return bsearch(&name, contract->functions, contract->function_count, sizeof *contract->functions,
	    function_by_name);
}

result app_contract_link(struct app_contract *contract, struct arena *arena, struct error *err)
{
	for (size_t i = 0; i < contract->function_count; i++) {
		struct app_function *f = &contract->functions[i];
		const struct slice_list *names = &f->contract.queries;
		f->queries = arena_array(arena, names->count + 1, sizeof *f->queries);
		if (!f->queries)
			return error_set(err, ERR_MEMORY, "no memory for queries");
		for (f->query_count = 0; f->query_count < names->count; f->query_count++) {
			const struct sql_query *q =
			    contract->query_count
				? bsearch(&names->items[f->query_count], contract->queries,
				      contract->query_count, sizeof *contract->queries, query_by_name)
				: NULL;
			if (!q)
				return error_set(err, ERR_INVALID, "%.*s names a query that is not there",
				    SLICE_ARG(f->contract.name));
			f->queries[f->query_count] = q;
		}
	}
	return RESULT_OK;
}

static bool is_sorted(const struct slice_list *names)
{
	for (size_t i = 1; i < names->count; i++)
		if (slice_cmp(names->items[i - 1], names->items[i]) >= 0)
			return false;
	return true;
}

static bool all_are(const struct slice_list *names, bool (*is)(struct slice text))
{
	for (size_t i = 0; i < names->count; i++)
		if (!is(names->items[i]))
			return false;
	return is_sorted(names);
}

static bool is_plain_name(struct slice text)
{
	return is_identifier(text, 64);
}

/* One word that can stand in a line of text. */
static bool is_word(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
			return false;
	return text.len > 0 && text.len <= 256;
}

static bool has_slash(struct slice text)
{
	return text.len && memchr(text.ptr, '/', text.len);
}

static bool errors_in_order(const struct app_function *f)
{
	for (size_t i = 0; i < f->error_count; i++)
		if (!is_plain_name(f->errors[i].name) || f->errors[i].status < 400 ||
		    (i > 0 && slice_cmp(f->errors[i - 1].name, f->errors[i].name) >= 0))
			return false;
	return true;
}

static bool hosts_in_order(const struct manifest_function *c)
{
	for (size_t i = 0; i < c->egress_count; i++) {
		const struct manifest_egress *e = &c->egress[i];
		bool secret = e->secret.len > 0;
		if (!is_word(e->host) || !e->port || !e->timeout_us || !e->response_bytes ||
		    !all_are(&e->paths, is_word) ||
		    (secret && (!is_secret_name(e->secret) || !is_header_name(e->secret_header) ||
				   !e->secret_format.len)))
			return false;
	}
	return true;
}

/* What the table cannot say, checked again here because a process must not depend on who wrote the file. */
static result check_function(struct app_function *f, struct arena *arena, struct error *err)
{
	struct manifest_function *c = &f->contract;
	const char *wrong = NULL;
	bool named = c->auth.kind == AUTH_ROLE || c->auth.kind == AUTH_SCOPE;
	if (!is_plain_name(c->name))
		return error_set(err, ERR_INVALID, "a function has a name that cannot be one");
	if (c->http.present)
		wrong = route_path_parse(c->http.path, arena, &c->http.params);
	if (!all_are(&c->queries, is_plain_name) || !all_are(&c->secrets, is_secret_name) ||
	    !all_are(&c->publish, is_word))
		wrong = "a name in it cannot be one";
	if (!errors_in_order(f) || !hosts_in_order(c) || named != is_word(c->auth.name))
		wrong = "its errors, hosts or roles are out of order";
	if (!c->limits.cpu_us || !c->limits.wall_us || !c->limits.memory_bytes || !is_word(f->bundle) ||
	    has_slash(f->bundle) || has_slash(f->map))
		wrong = "its limits or files are out of order";
	return wrong ? error_set(err, ERR_INVALID, "%.*s: %s", SLICE_ARG(c->name), wrong) : RESULT_OK;
}

static result check_identity(const struct app_contract *c, struct error *err)
{
	bool ok = (c->mail.host.len > 0) == (c->mail.port > 0) && (c->mail.user.len > 0) == (c->mail.secret.len > 0);
	ok = ok && (!c->mail.host.len || (is_word(c->mail.host) && c->mail.from.len)) &&
	     (!c->mail.secret.len || is_secret_name(c->mail.secret));
	for (size_t i = 0; i < c->identity.issuer_count; i++) {
		const struct manifest_issuer *p = &c->identity.issuers[i];
		ok = ok && is_name(p->name, 32) && is_word(p->issuer) && p->client_id.len && (!p->secret.len || is_secret_name(p->secret));
	}
	return ok ? RESULT_OK : error_set(err, ERR_INVALID, "its issuers or its mail server are out of order");
}

/* The URL of the database is its owner's password: no function holds it and no request carries it. */
static result check_database_secret(const struct app_contract *c, struct error *err)
{
	const struct slice url = c->database.url_secret;
	for (size_t i = 0; url.len && i < c->function_count; i++) {
		const struct manifest_function *f = &c->functions[i].contract;
		bool given = false;
		for (size_t k = 0; k < f->secrets.count; k++)
			given = given || slice_eq(f->secrets.items[k], url);
		for (size_t k = 0; k < f->egress_count; k++)
			given = given || slice_eq(f->egress[k].secret, url);
		if (given)
			return error_set(err, ERR_INVALID, "%.*s: the database's URL is a secret that no function gets",
			    SLICE_ARG(f->name));
	}
	return RESULT_OK;
}

static result check_queries(const struct app_contract *c, struct error *err)
{
	for (size_t i = 0; i < c->query_count; i++)
		if (!is_plain_name(c->queries[i].name))
			return error_set(err, ERR_INVALID, "a query has a name that cannot be one");
	return RESULT_OK;
}

result app_contract_parse(struct slice text, struct arena *arena, struct error *err, struct app_contract *ret)
{
	struct document d = {0};
	TRY(codec_read(text, &document, arena, err, &d));
	if (d.format != CONTRACT_FORMAT)
		return error_set(
		    err, ERR_INVALID, "this app was built by another version of ward: run `ward build`");
	if (!is_name(d.contract.app, 64))
		return error_set(err, ERR_INVALID, "an app has a name that cannot be one");
	TRY(check_identity(&d.contract, err));
	if (!all_are(&d.contract.countries.allow, is_country) || !all_are(&d.contract.countries.deny, is_country))
		return error_set(err, ERR_INVALID, "its countries are out of order");
	TRY(check_queries(&d.contract, err));
	for (size_t i = 0; i < d.contract.function_count; i++)
		TRY(check_function(&d.contract.functions[i], arena, err));
	TRY(check_database_secret(&d.contract, err));
	TRY(app_contract_link(&d.contract, arena, err));
	*ret = d.contract;
	return RESULT_OK;
}
