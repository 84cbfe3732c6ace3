/* The store of sealed secrets, as `ward secret` and the broker call it. A value that does not open is never
 * given out. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "app/manifest/manifest_schema.h"
#include "app/secrets/secret_internal.h"
#include "app/manifest/text.h"
#include "os/fd.h"

/* key_text NULL: the key is found. */
static result store_init(
    struct secret_store *store, const char *state_dir, const char *key_text, bool create, struct error *err)
{
	store->state_dir = strdup(state_dir);
	store->key = sodium_malloc(MASTER_KEY_BYTES);
	store->items = calloc(SECRETS_MAX, sizeof *store->items);
	if (!store->state_dir || !store->key || !store->items)
		return error_set(err, ERR_MEMORY, "no memory for secrets");
	store->source = MASTER_KEY_GIVEN;
	if (key_text)
		TRY(master_key_parse(key_text, store->key, err));
	else
		TRY(master_key_load(state_dir, create, store->key, &store->source, err));
	return secret_file_load(store, err);
}

static result store_new(
    const char *state_dir, const char *key_text, bool create, struct error *err, struct secret_store **ret)
{
	if (sodium_init() < 0)
		return error_set(err, ERR_SYSTEM, "cannot start libsodium");
	struct secret_store *store = calloc(1, sizeof *store);
	if (!store)
		return error_set(err, ERR_MEMORY, "no memory for secrets");
	result r = store_init(store, state_dir, key_text, create, err);
	if (!is_ok(r)) {
		secret_store_free(store);
		return r;
	}
	*ret = store;
	return RESULT_OK;
}

result secret_store_open(const char *state_dir, bool create, struct error *err, struct secret_store **ret)
{
	return store_new(state_dir, NULL, create, err, ret);
}

result secret_store_open_with(
    const char *state_dir, const char *key_text, struct error *err, struct secret_store **ret)
{
	return store_new(state_dir, key_text, false, err, ret);
}

void secret_store_free(struct secret_store *store)
{
	if (!store)
		return;
	for (size_t i = 0; store->items && i < store->count; i++)
		sealed_done(&store->items[i]);
	free(store->items);
	sodium_free(store->key);
	free(store->withheld);
	free(store->state_dir);
	free(store);
}

result secret_store_refresh(struct secret_store *store, struct error *err)
{
	return secret_file_changed(store) ? secret_file_load(store, err) : RESULT_OK;
}

size_t secret_store_count(const struct secret_store *store)
{
	return store->count;
}

struct secret_info secret_store_info(const struct secret_store *store, size_t i)
{
	const struct sealed *s = &store->items[i];
	return (struct secret_info){slice_cstr(s->name), s->version, s->set_ms};
}

static struct sealed *find(const struct secret_store *store, struct slice name)
{
	for (size_t i = 0; i < store->count; i++)
		if (slice_eq_cstr(name, store->items[i].name))
			return &store->items[i];
	return NULL;
}

result secret_store_get(
    const struct secret_store *store, struct slice name, struct error *err, struct secret_value *ret)
{
	const struct sealed *s = find(store, name);
	if (store->withheld && slice_eq_cstr(name, store->withheld))
		return error_set(
		    err, ERR_DENIED, "the secret %.*s is ward's own and given to nobody", SLICE_ARG(name));
	if (!s)
		return error_set(err, ERR_NOT_FOUND, "the secret %.*s is not set", SLICE_ARG(name));
	return secret_open(store->key, s, err, ret);
}

result secret_store_withhold(struct secret_store *store, struct slice name, struct error *err)
{
	char *copy = name.len ? strndup(name.ptr, name.len) : NULL;
	if (name.len && !copy)
		return error_set(err, ERR_MEMORY, "no memory for secrets");
	free(store->withheld);
	store->withheld = copy;
	return RESULT_OK;
}

/* Two `ward secret` at once must not lose one another's change: the file is read again under the lock. */
static result lock_and_load(struct secret_store *store, struct error *err, int *ret_fd)
{
	TRY(secret_file_lock(store, err, ret_fd));
	return secret_file_load(store, err);
}

static result put(struct secret_store *store, struct slice name, struct slice value, bool replace,
    int64_t now_ms, struct error *err)
{
	struct sealed *old = find(store, name);
	if (replace && !old)
		return error_set(err, ERR_NOT_FOUND, "the secret %.*s is not set yet", SLICE_ARG(name));
	if (!replace && old)
		return error_set(
		    err, ERR_CONFLICT, "the secret %.*s is set already: rotate it", SLICE_ARG(name));
	if (!old && store->count == SECRETS_MAX)
		return error_set(err, ERR_LIMIT, "there are %u secrets already", SECRETS_MAX);
	struct sealed fresh = {
	    .name = strndup(name.ptr, name.len), .version = old ? old->version + 1 : 1, .set_ms = now_ms};
	result r = fresh.name ? secret_seal(store->key, &fresh, value, err)
			      : error_set(err, ERR_MEMORY, "no memory for a secret");
	if (!is_ok(r)) {
		sealed_done(&fresh);
		return r;
	}
	if (old)
		sealed_done(old);
	else
		old = &store->items[store->count++];
	*old = fresh;
	secrets_sort(store);
	return secret_file_save(store, err);
}

result secret_store_put(struct secret_store *store, struct slice name, struct slice value, bool replace,
    int64_t now_ms, struct error *err)
{
	CLEANUP_FD int lock = -1;
	if (!is_secret_name(name))
		return error_set(
		    err, ERR_INVALID, "a secret is named like STRIPE_KEY: capitals, digits and \"_\"");
	if (value.len == 0 || value.len > SECRET_VALUE_MAX)
		return error_set(err, ERR_LIMIT, "a secret has 1 to %u bytes", SECRET_VALUE_MAX);
	/* It becomes a header or a JavaScript string: both are text. */
	if (!text_is_plain(value))
		return error_set(
		    err, ERR_INVALID, "a secret is text: encode other bytes, in base64 or in hexadecimal");
	TRY(lock_and_load(store, err, &lock));
	return put(store, name, value, replace, now_ms, err);
}

result secret_store_remove(struct secret_store *store, struct slice name, struct error *err)
{
	CLEANUP_FD int lock = -1;
	TRY(lock_and_load(store, err, &lock));
	struct sealed *s = find(store, name);
	if (!s)
		return error_set(err, ERR_NOT_FOUND, "the secret %.*s is not set", SLICE_ARG(name));
	sealed_done(s);
	*s = store->items[--store->count];
	store->items[store->count] = (struct sealed){0};
	secrets_sort(store);
	return secret_file_save(store, err);
}

static result reseal(
    const struct secret_store *store, const unsigned char *key, struct sealed *to, struct error *err)
{
	for (size_t i = 0; i < store->count; i++) {
		struct secret_value value;
		TRY(secret_open(store->key, &store->items[i], err, &value));
		to[i] = (struct sealed){.name = store->items[i].name, .version = store->items[i].version};
		result r = secret_seal(key, &to[i], value.bytes, err);
		secret_value_done(&value);
		TRY(r);
	}
	return RESULT_OK;
}

result secret_store_rekey(struct secret_store *store, struct error *err)
{
	CLEANUP_FD int lock = -1;
	if (store->source != MASTER_KEY_FILE)
		return error_set(err, ERR_INVALID,
		    "the master key is not in the state directory: whoever gave it must change it");
	TRY(lock_and_load(store, err, &lock));
	unsigned char *key = sodium_malloc(MASTER_KEY_BYTES);
	struct sealed *fresh = calloc(store->count + 1, sizeof *fresh);
	result r = key && fresh ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for secrets");
	if (is_ok(r)) {
		randombytes_buf(key, MASTER_KEY_BYTES);
		r = reseal(store, key, fresh, err);
	}
	for (size_t i = 0; is_ok(r) && i < store->count; i++) {
		unsigned char *box = store->items[i].box;
		store->items[i].box = fresh[i].box;
		fresh[i].box = box;
	}
	if (is_ok(r)) {
		memcpy(store->key, key, MASTER_KEY_BYTES);
		r = secret_file_prepare(store, err);
	}
	if (is_ok(r))
		r = master_key_write(store->state_dir, key, err);
	if (is_ok(r))
		r = secret_file_commit(store, err);
	for (size_t i = 0; fresh && i < store->count; i++)
		free(fresh[i].box);
	free(fresh);
	sodium_free(key);
	return r;
}
