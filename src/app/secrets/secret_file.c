/* STATE/secrets.json. It may be damaged or tampered with; nobody but its reader decides what it holds. */
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/contract/json_write.h"
#include "app/manifest/manifest_schema.h"
#include "app/secrets/secret_internal.h"
#include "os/fd.h"

#define STORE_FILE "secrets.json"
#define NEXT ".next"
#define STORE_BYTES_MAX (128u << 20)
#define STORE_FORMAT 1
#define KEY_ID_BYTES crypto_generichash_BYTES_MIN
#define KEY_ID_TEXT (2 * KEY_ID_BYTES + 1)

static void forget(struct secret_store *store)
{
	for (size_t i = 0; i < store->count; i++)
		sealed_done(&store->items[i]);
	store->count = 0;
}

static void key_id(const unsigned char *key, char text[KEY_ID_TEXT])
{
	unsigned char id[KEY_ID_BYTES];
	(void)crypto_generichash(
	    id, sizeof id, (const unsigned char *)"ward master key", 15, key, MASTER_KEY_BYTES);
	(void)sodium_bin2hex(text, KEY_ID_TEXT, id, sizeof id);
}

static result path_of(
    const struct secret_store *store, const char *suffix, char path[PATH_MAX], struct error *err)
{
	int n = snprintf(path, PATH_MAX, "%s/" STORE_FILE "%s", store->state_dir, suffix);
	return n < 0 || n >= PATH_MAX ? error_set(err, ERR_LIMIT, "the state directory's path is too long")
				      : RESULT_OK;
}

static result take_item(struct secret_store *store, const char *name, const json_t *item, struct error *err)
{
	const char *text = json_string_value(json_object_get(item, "box"));
	const json_t *version = json_object_get(item, "version");
	const json_t *set = json_object_get(item, "set_ms");
	struct sealed *s = &store->items[store->count];
	size_t room = text ? strlen(text) : 0;
	if (!text || !is_secret_name(slice_cstr(name)) || store->count == SECRETS_MAX ||
	    json_integer_value(version) <= 0 || !json_is_integer(set))
		return error_set(err, ERR_INVALID, STORE_FILE " is damaged at %s", name);
	*s = (struct sealed){.name = strdup(name),
	    .version = (uint64_t)json_integer_value(version),
	    .set_ms = json_integer_value(set),
	    .box = malloc(room + 1)};
	store->count++;
	if (!s->name || !s->box)
		return error_set(err, ERR_MEMORY, "no memory for secrets");
	if (sodium_base642bin(s->box, room + 1, text, room, NULL, &s->box_bytes, NULL,
		sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    s->box_bytes < secret_box_bytes_min || s->box_bytes > secret_box_bytes_max)
		return error_set(err, ERR_INVALID, STORE_FILE " is damaged at %s", name);
	return RESULT_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct sealed *)a)->name, ((const struct sealed *)b)->name);
}

void secrets_sort(struct secret_store *store)
{
	qsort(store->items, store->count, sizeof *store->items, by_name);
}

static result take_root(struct secret_store *store, json_t *root, struct error *err)
{
	char id[KEY_ID_TEXT];
	const char *name;
	json_t *item;
	const char *sealed_with = json_string_value(json_object_get(root, "key"));
	json_t *secrets = json_object_get(root, "secrets");
	key_id(store->key, id);
	if (json_integer_value(json_object_get(root, "ward")) != STORE_FORMAT || !sealed_with ||
	    !json_is_object(secrets))
		return error_set(err, ERR_INVALID, STORE_FILE " is damaged or of another version");
	if (strcmp(sealed_with, id) != 0)
		return error_set(err, ERR_DENIED, "the secrets were sealed with another master key");
	json_object_foreach(secrets, name, item) TRY(take_item(store, name, item, err));
	secrets_sort(store);
	return RESULT_OK;
}

static result load_from(struct secret_store *store, const char *suffix, struct error *err)
{
	char path[PATH_MAX];
	struct stat st;
	struct slice text;
	TRY(path_of(store, suffix, path, err));
	forget(store);
	if (stat(path, &st) < 0)
		return RESULT_OK;
	TRY(file_read(path, STORE_BYTES_MAX, err, &text));
	json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	free((char *)(uintptr_t)text.ptr);
	result r = take_root(store, root, err);
	json_decref(root);
	store->read_at = st.st_mtim;
	store->read_inode = st.st_ino;
	return r;
}

result secret_file_load(struct secret_store *store, struct error *err)
{
	char path[PATH_MAX];
	TRY(path_of(store, NEXT, path, err));
	result r = load_from(store, "", err);
	if (r.code != ERR_DENIED || access(path, R_OK) != 0)
		return r;
	/* A change of the key was cut short after the key was written: its file is the other one, until the
	 * next writer. */
	return load_from(store, NEXT, err);
}

bool secret_file_changed(const struct secret_store *store)
{
	char path[PATH_MAX];
	struct stat st;
	if (!is_ok(path_of(store, "", path, NULL)))
		return false;
	if (stat(path, &st) < 0)
		return store->count > 0;
	return st.st_ino != store->read_inode || st.st_mtim.tv_sec != store->read_at.tv_sec ||
	       st.st_mtim.tv_nsec != store->read_at.tv_nsec;
}

static void write_item(struct json_writer *w, const struct sealed *s)
{
	size_t room = sodium_base64_ENCODED_LEN(s->box_bytes, sodium_base64_VARIANT_ORIGINAL);
	char *text = malloc(room);
	if (!text) {
		w->out->failed = true;
		return;
	}
	(void)sodium_bin2base64(text, room, s->box, s->box_bytes, sodium_base64_VARIANT_ORIGINAL);
	json_key(w, slice_cstr(s->name));
	json_begin(w, '{');
	json_member_uint(w, "version", s->version);
	json_member_uint(w, "set_ms", (uint64_t)s->set_ms);
	json_member_text(w, "box", slice_cstr(text));
	json_end(w, '}');
	free(text);
}

static result save_as(const struct secret_store *store, const char *suffix, struct error *err)
{
	char path[PATH_MAX];
	char id[KEY_ID_TEXT];
	CLEANUP_BUF struct buf text = BUF_INIT(STORE_BYTES_MAX);
	struct json_writer w = {.out = &text};
	TRY(path_of(store, suffix, path, err));
	key_id(store->key, id);
	json_begin(&w, '{');
	json_member_uint(&w, "ward", STORE_FORMAT);
	json_member_text(&w, "key", slice_cstr(id));
	json_key(&w, SLICE("secrets"));
	json_begin(&w, '{');
	for (size_t i = 0; i < store->count; i++)
		write_item(&w, &store->items[i]);
	json_end(&w, '}');
	json_end(&w, '}');
	buf_add_char(&text, '\n');
	if (!buf_ok(&text))
		return error_set(err, ERR_LIMIT, "there are too many secrets");
	return file_write_atomic(path, buf_slice(&text), 0600, err);
}

result secret_file_save(const struct secret_store *store, struct error *err)
{
	char next[PATH_MAX];
	TRY(path_of(store, NEXT, next, err));
	TRY(save_as(store, "", err));
	(void)unlink(next);
	return RESULT_OK;
}

result secret_file_prepare(const struct secret_store *store, struct error *err)
{
	return save_as(store, NEXT, err);
}

result secret_file_commit(const struct secret_store *store, struct error *err)
{
	char from[PATH_MAX];
	char to[PATH_MAX];
	TRY(path_of(store, NEXT, from, err));
	TRY(path_of(store, "", to, err));
	return rename(from, to) == 0 ? RESULT_OK : error_errno(err, "cannot rename %s", from);
}

result secret_file_lock(const struct secret_store *store, struct error *err, int *ret_fd)
{
	char path[PATH_MAX];
	TRY(path_of(store, ".lock", path, err));
	CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return error_errno(err, "cannot lock %s", path);
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}
