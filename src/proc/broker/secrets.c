/*
 * Secrets: added to outbound requests here, so that no function needs to hold them; given to a function only
 * when its contract says that it holds them. The store is opened at the first need and looked at again when
 * its file has changed, so that a rotation reaches the next request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/secrets/master_key.h"
#include "app/secrets/secret_store.h"
#include "base/log.h"
#include "contract/value.h"
#include "proc/broker/broker.h"

#define PLACE "{}"

static struct secret_store *store;
static char given_key[MASTER_KEY_TEXT_BYTES]; /* "": it is in the state directory */
/* The database's URL is the supervisor's, which read it before anything served. The app's database is the
 * same for as long as the broker lives. */
static char *withheld;

result secrets_start(const char *key_text, struct error *err)
{
	if (strlen(key_text) >= sizeof given_key)
		return error_set(err, ERR_INVALID, "SETUP with a master key that is none");
	(void)strcpy(given_key, key_text);
	return RESULT_OK;
}

result secrets_withhold(struct slice name, struct error *err)
{
	if (!name.len)
		return RESULT_OK;
	char *copy = strndup(name.ptr, name.len);
	if (!copy)
		return error_set(err, ERR_MEMORY, "no memory for secrets");
	free(withheld);
	withheld = copy;
	return store ? secret_store_withhold(store, name, err) : RESULT_OK;
}

static result open_store(struct error *err)
{
	struct secret_store *opened = NULL;
	TRY(given_key[0] ? secret_store_open_with(".", given_key, err, &opened)
			 : secret_store_open(".", false, err, &opened));
	explicit_bzero(given_key, sizeof given_key);
	result r = secret_store_withhold(opened, slice_cstr(withheld ? withheld : ""), err);
	if (!is_ok(r)) {
		secret_store_free(opened);
		return r;
	}
	store = opened;
	return RESULT_OK;
}

bool secret_find(struct slice name, struct secret_value *ret)
{
	struct error err = {0};
	result r = store ? secret_store_refresh(store, &err) : open_store(&err);
	if (is_ok(r))
		r = secret_store_get(store, name, &err, ret);
	if (!is_ok(r))
		LOG_ERROR("no_secret", LOG_SLICE("name", name), LOG_STR("why", err.text));
	return is_ok(r);
}

/* What would end the line, or the header, stays out of it: RFC 9110 section 5.5. */
static bool fits_header(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] < 0x20 || value.ptr[i] == 0x7f)
			return false;
	return true;
}

bool secret_header(const struct broker_function *f, const struct manifest_egress *rule, struct buf *lines,
    struct slice *ret_value)
{
	struct secret_value value;
	const char *place =
	    rule->secret.len ? memmem(rule->secret_format.ptr, rule->secret_format.len, PLACE, strlen(PLACE))
			     : NULL;
	if (!rule->secret.len)
		return true;
	if (!place || !secret_find(rule->secret, &value))
		return false;
	bool fits = fits_header(value.bytes);
	size_t before = (size_t)(place - rule->secret_format.ptr);
	if (fits) {
		buf_printf(lines, "%.*s: %.*s", SLICE_ARG(rule->secret_header), (int)before,
		    rule->secret_format.ptr);
		const size_t at = lines->len;
		buf_add_slice(lines, value.bytes);
		buf_add_slice(
		    lines, slice_of(place + strlen(PLACE), rule->secret_format.len - before - strlen(PLACE)));
		buf_add_cstr(lines, "\r\n");
		*ret_value = slice_of(lines->ptr + at, value.bytes.len);
	} else {
		LOG_ERROR("secret_fits_no_header",
		    LOG_SLICE("function", f ? f->contract->contract.name : SLICE("watch")),
		    LOG_SLICE("name", rule->secret));
	}
	secret_value_done(&value);
	return fits && buf_ok(lines);
}

/* The place of the secret among those that the function holds; their count when it holds no such. */
static size_t held(const struct broker_function *f, struct slice name)
{
	const struct slice_list *secrets = &f->contract->contract.secrets;
	size_t i = 0;
	while (i < secrets->count && !slice_eq(secrets->items[i], name))
		i++;
	return i;
}

void secret_call(struct broker *b, const struct host_call *call)
{
	const struct manifest_function *c = &call->function->contract->contract;
	struct secret_value value;
	size_t place = held(call->function, call->name);
	if (place == c->secrets.count || (withheld && slice_eq_cstr(call->name, withheld))) {
		char what[160];
		(void)snprintf(
		    what, sizeof what, "secret %.*s is not in its contract", SLICE_ARG(call->name));
		broker_denied(b, call, what);
		host_reply(call->function, call->thread, call->id, ERR_DENIED,
		    SLICE("this function does not hold that secret"));
		return;
	}
	if (!secret_find(call->name, &value)) {
		host_reply(
		    call->function, call->thread, call->id, ERR_NOT_FOUND, SLICE("the secret is not set"));
		return;
	}
	struct value_writer w;
	broker_used(b, call->function, c->queries.count + c->egress_count + place);
	buf_clear(&b->value);
	value_writer_init(&w, &b->value);
	value_write_string(&w, value.bytes);
	host_reply_secret(call->function, call->thread, call->id, buf_slice(&b->value));
	explicit_bzero(b->value.ptr, b->value.len);
	buf_clear(&b->value);
	secret_value_done(&value);
}
