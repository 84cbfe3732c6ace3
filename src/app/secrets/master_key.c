/* Reading and making the master key. Texts of it are wiped as soon as they are read. */
#include "app/secrets/master_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"

#define KEY_TEXT_BYTES (MASTER_KEY_TEXT_BYTES - 1)
#define KEY_FILE "master.key"
#define CREDENTIAL "ward-master-key"
#define VARIABLE "WARD_MASTER_KEY"

static result parse(const char *text, size_t length, const char *where, unsigned char *key, struct error *err)
{
	size_t bytes = 0;
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
		length--;
	if (length != KEY_TEXT_BYTES ||
	    sodium_hex2bin(key, MASTER_KEY_BYTES, text, length, NULL, &bytes, NULL) != 0 ||
	    bytes != MASTER_KEY_BYTES)
		return error_set(err, ERR_INVALID, "%s does not hold a key of %u hexadecimal digits", where,
		    KEY_TEXT_BYTES);
	return RESULT_OK;
}

/* Checked on the open descriptor, so that what is checked is what is read. */
static result check_owner(int fd, const char *path, bool own_file, struct error *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_DENIED, "%s is no regular file", path);
	if (own_file && st.st_uid != geteuid())
		return error_set(err, ERR_DENIED, "%s belongs to another user", path);
	if (own_file && (st.st_mode & 077) != 0)
		return error_set(err, ERR_DENIED,
		    "%s can be read by others: chmod 600 it, and think of the key as known", path);
	return RESULT_OK;
}

static result read_file(const char *path, bool own_file, unsigned char *key, struct error *err)
{
	char text[KEY_TEXT_BYTES + 8];
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "cannot open %s: %s",
		    path, strerror(errno));
	TRY(check_owner(fd, path, own_file, err));
	ssize_t n = read(fd, text, sizeof text);
	result r = n < 0 ? error_errno(err, "cannot read %s", path) : parse(text, (size_t)n, path, key, err);
	sodium_memzero(text, sizeof text);
	return r;
}

static result path_in(const char *dir, const char *name, char path[PATH_MAX], struct error *err)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return n < 0 || n >= PATH_MAX ? error_set(err, ERR_LIMIT, "the path of %s is too long", name)
				      : RESULT_OK;
}

static result from_environment(unsigned char *key, struct error *err)
{
	const char *text = getenv(VARIABLE);
	if (!text)
		return error_set(err, ERR_NOT_FOUND, "no " VARIABLE);
	return parse(text, strlen(text), VARIABLE, key, err);
}

result master_key_parse(const char *text, unsigned char *key, struct error *err)
{
	return parse(text, strlen(text), "what was given", key, err);
}

static result from_credential(unsigned char *key, struct error *err)
{
	char path[PATH_MAX];
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	if (!credentials)
		return error_set(err, ERR_NOT_FOUND, "no credentials");
	TRY(path_in(credentials, CREDENTIAL, path, err));
	/* systemd answers for who can read it: systemd.exec(5), "LoadCredential". */
	return read_file(path, false, key, err);
}

static result from_outside(unsigned char *key, enum master_key_source *ret_source, struct error *err)
{
	result r = from_credential(key, err);
	*ret_source = MASTER_KEY_CREDENTIAL;
	if (r.code != ERR_NOT_FOUND)
		return r;
	*ret_source = MASTER_KEY_ENVIRONMENT;
	return from_environment(key, err);
}

result master_key_outside(char ret_text[MASTER_KEY_TEXT_BYTES], struct error *err)
{
	unsigned char key[MASTER_KEY_BYTES];
	enum master_key_source source;
	result r = from_outside(key, &source, err);
	ret_text[0] = '\0';
	if (is_ok(r))
		(void)sodium_bin2hex(ret_text, MASTER_KEY_TEXT_BYTES, key, sizeof key);
	sodium_memzero(key, sizeof key);
	return r.code == ERR_NOT_FOUND ? RESULT_OK : r;
}

void master_key_forget_environment(void)
{
	char *text = getenv(VARIABLE);
	if (!text)
		return;
	sodium_memzero(text, strlen(text));
	(void)unsetenv(VARIABLE);
}

result master_key_write(const char *state_dir, const unsigned char *key, struct error *err)
{
	char path[PATH_MAX];
	char text[KEY_TEXT_BYTES + 2];
	TRY(path_in(state_dir, KEY_FILE, path, err));
	(void)sodium_bin2hex(text, sizeof text, key, MASTER_KEY_BYTES);
	text[KEY_TEXT_BYTES] = '\n';
	result r = file_write_atomic(path, slice_of(text, KEY_TEXT_BYTES + 1), 0600, err);
	sodium_memzero(text, sizeof text);
	return r;
}

result master_key_load(const char *state_dir, bool create, unsigned char *key,
    enum master_key_source *ret_source, struct error *err)
{
	char path[PATH_MAX];
	result r = from_outside(key, ret_source, err);
	if (r.code != ERR_NOT_FOUND)
		return r;
	*ret_source = MASTER_KEY_FILE;
	TRY(path_in(state_dir, KEY_FILE, path, err));
	r = read_file(path, true, key, err);
	if (r.code != ERR_NOT_FOUND || !create)
		return r;
	randombytes_buf(key, MASTER_KEY_BYTES);
	return master_key_write(state_dir, key, err);
}
