/* The secret store: what is on disk, who may read the key, and what tampering gains. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/secrets/master_key.h"
#include "app/secrets/secret_store.h"
#include "base/slice.h"
#include "os/fd.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/ward-secrets-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static void path_in(const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", dir, name);
}

static int remove_dir(void **state)
{
	static const char *const names[] = {
	    "master.key", "secrets.json", "secrets.json.lock", "secrets.json.next", "link"};
	char path[128];
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		path_in(names[i], path);
		(void)unlink(path);
	}
	return rmdir(dir);
}

static struct secret_store *open_store(void)
{
	struct error err = {0};
	struct secret_store *store = NULL;
	if (!is_ok(secret_store_open(dir, true, &err, &store)))
		fail_msg("%s", err.text);
	return store;
}

static enum err_code opening(void)
{
	struct error err = {0};
	struct secret_store *store = NULL;
	result r = secret_store_open(dir, false, &err, &store);
	secret_store_free(store);
	return r.code;
}

static void put(struct secret_store *store, const char *name, const char *value, bool replace)
{
	struct error err = {0};
	if (!is_ok(secret_store_put(store, slice_cstr(name), slice_cstr(value), replace, 1000, &err)))
		fail_msg("%s", err.text);
}

static bool gives(struct secret_store *store, const char *name, const char *value)
{
	struct secret_value got;
	struct error err = {0};
	if (!is_ok(secret_store_get(store, slice_cstr(name), &err, &got)))
		return false;
	bool same = slice_eq_cstr(got.bytes, value);
	secret_value_done(&got);
	return same;
}

static char *file_text(const char *name)
{
	char path[128];
	struct slice text;
	struct error err = {0};
	path_in(name, path);
	if (!is_ok(file_read(path, 1u << 20, &err, &text)))
		fail_msg("%s", err.text);
	return (char *)(uintptr_t)text.ptr;
}

static void write_text(const char *name, const char *text, mode_t mode)
{
	char path[128];
	path_in(name, path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void values_come_back_and_are_nowhere_in_clear(void **state)
{
	(void)state;
	struct secret_store *store = open_store();
	put(store, "STRIPE_KEY", "planted-needle-4711", false);
	put(store, "A_KEY", "x", false);
	assert_true(gives(store, "STRIPE_KEY", "planted-needle-4711"));
	assert_false(gives(store, "OTHER", "x"));
	assert_int_equal(secret_store_count(store), 2);
	assert_true(slice_eq_cstr(secret_store_info(store, 0).name, "A_KEY"));
	secret_store_free(store);
	char *text = file_text("secrets.json");
	assert_null(strstr(text, "planted"));
	assert_null(strstr(text, "cGxhbnRlZ")); /* nor as base64 */
	free(text);
	struct secret_store *again = open_store();
	assert_true(gives(again, "STRIPE_KEY", "planted-needle-4711"));
	secret_store_free(again);
	char path[128];
	struct stat st;
	path_in("secrets.json", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
	path_in("master.key", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
}

static void setting_and_rotating_are_not_confused(void **state)
{
	struct error err = {0};
	(void)state;
	struct secret_store *store = open_store();
	assert_int_equal(secret_store_put(store, SLICE("K"), SLICE("1"), true, 0, &err).code, ERR_NOT_FOUND);
	put(store, "K", "1", false);
	assert_int_equal(secret_store_put(store, SLICE("K"), SLICE("2"), false, 0, &err).code, ERR_CONFLICT);
	put(store, "K", "2", true);
	assert_int_equal(secret_store_info(store, 0).version, 2);
	assert_true(gives(store, "K", "2"));
	assert_int_equal(
	    secret_store_put(store, SLICE("lower"), SLICE("1"), false, 0, &err).code, ERR_INVALID);
	assert_int_equal(
	    secret_store_put(store, SLICE("../K"), SLICE("1"), false, 0, &err).code, ERR_INVALID);
	assert_int_equal(secret_store_put(store, SLICE("E"), SLICE(""), false, 0, &err).code, ERR_LIMIT);
	assert_int_equal(secret_store_put(store, SLICE("E"), SLICE("\xff\xfe"), false, 0, &err).code, ERR_INVALID);
	assert_int_equal(secret_store_put(store, SLICE("E"), slice_of("a\0b", 3), false, 0, &err).code, ERR_INVALID);
	assert_true(is_ok(secret_store_remove(store, SLICE("K"), &err)));
	assert_int_equal(secret_store_remove(store, SLICE("K"), &err).code, ERR_NOT_FOUND);
	secret_store_free(store);
}

/* A reader that is open, as the broker is, sees a rotation without a restart. */
static void rotation_reaches_an_open_store(void **state)
{
	struct error err = {0};
	(void)state;
	struct secret_store *writer = open_store();
	put(writer, "K", "old", false);
	struct secret_store *reader = open_store();
	assert_true(gives(reader, "K", "old"));
	put(writer, "K", "new", true);
	assert_true(is_ok(secret_store_refresh(reader, &err)));
	assert_true(gives(reader, "K", "new"));
	/* Two writers: neither loses the other's. */
	put(reader, "R", "r", false);
	put(writer, "W", "w", false);
	assert_true(gives(writer, "R", "r"));
	secret_store_free(reader);
	secret_store_free(writer);
}

static void tampering_gains_nothing(void **state)
{
	struct error err = {0};
	struct secret_value value;
	(void)state;
	struct secret_store *store = open_store();
	put(store, "AAAA", "value-a", false);
	put(store, "BBBB", "value-b", false);
	put(store, "AAAA", "value-2", true);
	secret_store_free(store);
	char *text = file_text("secrets.json");
	/* The boxes under each other's names. */
	char *swapped = strdup(text);
	memcpy(strstr(swapped, "AAAA"), "XXXX", 4);
	memcpy(strstr(swapped, "BBBB"), "AAAA", 4);
	memcpy(strstr(swapped, "XXXX"), "BBBB", 4);
	write_text("secrets.json", swapped, 0600);
	store = open_store();
	assert_int_equal(secret_store_get(store, SLICE("AAAA"), &err, &value).code, ERR_DENIED);
	assert_int_equal(secret_store_get(store, SLICE("BBBB"), &err, &value).code, ERR_DENIED);
	secret_store_free(store);
	free(swapped);
	/* An older version passed off as the current one. */
	char *rolled = strdup(text);
	char *version = strstr(rolled, "\"version\":2");
	assert_non_null(version);
	version[strlen("\"version\":")] = '1';
	write_text("secrets.json", rolled, 0600);
	store = open_store();
	assert_int_equal(secret_store_get(store, SLICE("AAAA"), &err, &value).code, ERR_DENIED);
	secret_store_free(store);
	free(rolled);
	free(text);
	/* Damage of any kind is an error, not a store. */
	static const char *const broken[] = {
	    "", "{}", "[]", "{\"ward\":1,\"key\":\"00\",\"secrets\":{}}", "not json"};
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		write_text("secrets.json", broken[i], 0600);
		assert_int_not_equal(opening(), ERR_NONE);
	}
}

static void the_key_is_for_its_owner_only(void **state)
{
	char path[128], link_path[128];
	(void)state;
	struct secret_store *store = open_store();
	put(store, "K", "1", false);
	secret_store_free(store);
	path_in("master.key", path);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(opening(), ERR_DENIED);
	assert_int_equal(chmod(path, 0604), 0);
	assert_int_equal(opening(), ERR_DENIED);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(opening(), ERR_NONE);
	path_in("link", link_path);
	assert_int_equal(rename(path, link_path), 0);
	assert_int_equal(symlink(link_path, path), 0);
	assert_int_not_equal(opening(), ERR_NONE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(opening(), ERR_NOT_FOUND);
	/* Another key, well kept, opens nothing. */
	write_text("master.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0600);
	assert_int_equal(opening(), ERR_DENIED);
	write_text("master.key", "0011", 0600);
	assert_int_equal(opening(), ERR_INVALID);
	assert_int_equal(rename(link_path, path), 0);
}

static void the_environment_gives_the_key(void **state)
{
	(void)state;
	assert_int_equal(
	    setenv("WARD_MASTER_KEY", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 1),
	    0);
	struct secret_store *store = open_store();
	put(store, "K", "1", false);
	assert_true(gives(store, "K", "1"));
	secret_store_free(store);
	master_key_forget_environment();
	assert_null(getenv("WARD_MASTER_KEY"));
	assert_int_equal(opening(), ERR_NOT_FOUND); /* no key file was made */
	assert_int_equal(setenv("WARD_MASTER_KEY", "ff", 1), 0);
	assert_int_equal(opening(), ERR_INVALID);
	(void)unsetenv("WARD_MASTER_KEY");
	/* A systemd credential comes first. */
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	char path[128];
	path_in("ward-master-key", path);
	write_text(
	    "ward-master-key", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0444);
	assert_int_equal(opening(), ERR_NONE);
	assert_int_equal(unlink(path), 0);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_new_master_key_keeps_every_value(void **state)
{
	struct error err = {0};
	char path[128], other[128];
	(void)state;
	struct secret_store *store = open_store();
	put(store, "A", "value-a", false);
	put(store, "B", "value-b", false);
	char *before = file_text("master.key");
	char *sealed_before = file_text("secrets.json");
	assert_true(is_ok(secret_store_rekey(store, &err)));
	secret_store_free(store);
	char *after = file_text("master.key");
	char *sealed_after = file_text("secrets.json");
	assert_string_not_equal(before, after);
	store = open_store();
	assert_true(gives(store, "A", "value-a") && gives(store, "B", "value-b"));
	secret_store_free(store);
	/* Cut short between the two files: the key is new, the secrets are old, the new ones lie ready. */
	path_in("secrets.json", path);
	path_in("secrets.json.next", other);
	assert_int_equal(rename(path, other), 0);
	write_text("secrets.json", sealed_before, 0600);
	store = open_store();
	assert_true(gives(store, "A", "value-a") && gives(store, "B", "value-b"));
	secret_store_free(store);
	/* Cut short before the key was written: the old pair stands, whatever lies beside it. */
	write_text("secrets.json", sealed_before, 0600);
	write_text("secrets.json.next", sealed_after, 0600);
	write_text("master.key", before, 0600);
	store = open_store();
	assert_true(gives(store, "A", "value-a"));
	secret_store_free(store);
	free(before);
	free(after);
	free(sealed_before);
	free(sealed_after);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_DIR(values_come_back_and_are_nowhere_in_clear),
	    WITH_DIR(setting_and_rotating_are_not_confused),
	    WITH_DIR(rotation_reaches_an_open_store),
	    WITH_DIR(tampering_gains_nothing),
	    WITH_DIR(the_key_is_for_its_owner_only),
	    WITH_DIR(the_environment_gives_the_key),
	    WITH_DIR(a_new_master_key_keeps_every_value),
	};
	(void)unsetenv("WARD_MASTER_KEY");
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
