/* What a contract must be beyond its form. Called when one is read: a process must not depend on who wrote
 * the file. */
#include "app/contract/contract_check.h"

#include <string.h>

#include "app/manifest/countries.h"
#include "app/manifest/manifest_schema.h"
#include "app/manifest/route.h"

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
	bool ok = (c->mail.host.len > 0) == (c->mail.port > 0) &&
		  (c->mail.user.len > 0) == (c->mail.secret.len > 0);
	ok = ok && (!c->mail.host.len || (is_word(c->mail.host) && c->mail.from.len)) &&
	     (!c->mail.secret.len || is_secret_name(c->mail.secret));
	for (size_t i = 0; i < c->identity.issuer_count; i++) {
		const struct manifest_issuer *p = &c->identity.issuers[i];
		ok = ok && is_name(p->name, 32) && is_word(p->issuer) && p->client_id.len &&
		     (!p->secret.len || is_secret_name(p->secret));
	}
	return ok ? RESULT_OK
		  : error_set(err, ERR_INVALID, "its issuers or its mail server are out of order");
}

static bool carries(const struct manifest_egress *hosts, size_t count, struct slice secret)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(hosts[i].secret, secret) || slice_eq(hosts[i].sign, secret))
			return true;
	return false;
}

static bool holds(const struct slice_list *secrets, struct slice secret)
{
	for (size_t i = 0; i < secrets->count; i++)
		if (slice_eq(secrets->items[i], secret))
			return true;
	return false;
}

/* The URL of the database is its owner's password: no function holds it and no request carries it. */
static result check_database_secret(const struct app_contract *c, struct error *err)
{
	const struct slice url = c->database.url_secret;
	if (!url.len)
		return RESULT_OK;
	for (size_t i = 0; i < c->function_count; i++) {
		const struct manifest_function *f = &c->functions[i].contract;
		if (holds(&f->secrets, url) || carries(f->egress, f->egress_count, url))
			return error_set(err, ERR_INVALID,
			    "%.*s: the database's URL is a secret that no function gets", SLICE_ARG(f->name));
	}
	if (carries(c->watch.webhooks.items, c->watch.webhooks.count, url) ||
	    carries(c->watch.otlp.items, c->watch.otlp.count, url) || slice_eq(c->mail.secret, url))
		return error_set(err, ERR_INVALID, "the database's URL is a secret that is sent nowhere");
	return RESULT_OK;
}

static result check_queries(const struct app_contract *c, struct error *err)
{
	for (size_t i = 0; i < c->query_count; i++)
		if (!is_plain_name(c->queries[i].name))
			return error_set(err, ERR_INVALID, "a query has a name that cannot be one");
	return RESULT_OK;
}

result app_contract_check(struct app_contract *c, struct arena *arena, struct error *err)
{
	if (!is_name(c->app, 64))
		return error_set(err, ERR_INVALID, "an app has a name that cannot be one");
	TRY(check_identity(c, err));
	if (!all_are(&c->countries.allow, is_country) || !all_are(&c->countries.deny, is_country))
		return error_set(err, ERR_INVALID, "its countries are out of order");
	TRY(check_queries(c, err));
	for (size_t i = 0; i < c->function_count; i++)
		TRY(check_function(&c->functions[i], arena, err));
	return check_database_secret(c, err);
}
