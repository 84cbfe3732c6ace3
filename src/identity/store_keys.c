/*
 * The key beside the store, "identity.db.key": 32 random bytes in a file of mode 0600. Second factors are
 * sealed under it, so that a copy of the database alone, as in a backup, opens nothing. Called once, at
 * start.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity/crypto.h"
#include "identity/internal.h"
#include "os/fd.h"

#define KEY_BYTES 32u

static result write_key(const char *path, uint8_t key[KEY_BYTES], struct error *err)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(err, "cannot make the key file %s", path);
	randombytes_buf(key, KEY_BYTES);
	if (write(fd, key, KEY_BYTES) != KEY_BYTES || fsync(fd) < 0)
		return error_errno(err, "cannot write the key file %s", path);
	return RESULT_OK;
}

static result read_key(const char *path, uint8_t key[KEY_BYTES], struct error *err)
{
	struct stat st;
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? write_key(path, key, err)
				       : error_errno(err, "cannot open the key file %s", path);
	if (fstat(fd, &st) < 0 || (st.st_mode & 077) != 0)
		return error_set(err, ERR_DENIED, "the key file %s can be read by others", path);
	if (read(fd, key, KEY_BYTES) != KEY_BYTES)
		return error_set(err, ERR_INVALID, "the key file %s is cut", path);
	return RESULT_OK;
}

result store_keys_open(const char *path, struct error *err, struct store_keys *ret)
{
	uint8_t key[KEY_BYTES];
	char name[4096];
	int n = snprintf(name, sizeof name, "%s.key", path);
	if (n < 0 || (size_t)n >= sizeof name)
		return error_set(err, ERR_LIMIT, "the path of the identity store is too long");
	TRY(read_key(name, key, err));
	const struct {
		struct slice purpose;
		uint8_t *to;
	} keys[] = {{SLICE("ward identity seal"), ret->seal}, {SLICE("ward identity proof"), ret->proof},
	    {SLICE("ward identity codes"), ret->codes}};
	result r = RESULT_OK;
	for (size_t i = 0; is_ok(r) && i < ARRAY_LEN(keys); i++)
		r = hkdf_sha256(
		    bytes_of(key, sizeof key), SLICE_NONE, keys[i].purpose, keys[i].to, KEY_BYTES, err);
	sodium_memzero(key, sizeof key);
	return r;
}
