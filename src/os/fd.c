#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

void fd_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static result write_all(int fd, struct slice bytes, struct error *err)
{
	size_t done = 0;
	while (done < bytes.len) {
		ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_errno(err, "cannot write %zu bytes", bytes.len - done);
		done += (size_t)n;
	}
	return RESULT_OK;
}

result fd_sealed(const char *name, struct slice bytes, struct error *err, int *ret_fd)
{
	CLEANUP_FD int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(err, "cannot make memory file %s", name);
	TRY(write_all(fd, bytes, err));
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return error_errno(err, "cannot seal memory file %s", name);
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}

result fd_map_sealed(int fd, struct error *err, struct slice *ret_bytes)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS)
		return error_set(err, ERR_DENIED, "memory file is not sealed");
	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot stat memory file");
	if (st.st_size == 0) {
		*ret_bytes = SLICE("");
		return RESULT_OK;
	}
	void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return error_errno(err, "cannot map memory file");
	*ret_bytes = slice_of(at, (size_t)st.st_size);
	return RESULT_OK;
}

result file_read(const char *path, size_t max, struct error *err, struct slice *ret)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return error_errno(err, "cannot open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, ERR_INVALID, "%s is not a regular file", path);
	if ((size_t)st.st_size > max)
		return error_set(err, ERR_LIMIT, "%s has %lld bytes, more than the %zu allowed", path,
		    (long long)st.st_size, max);
	char *bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return error_set(err, ERR_MEMORY, "no memory for %s", path);
	size_t done = 0;
	while (done < (size_t)st.st_size) {
		ssize_t n = read(fd, bytes + done, (size_t)st.st_size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	bytes[done] = '\0';
	*ret = slice_of(bytes, done);
	return RESULT_OK;
}

result file_write_atomic(const char *path, struct slice bytes, unsigned mode, struct error *err)
{
	char temporary[4096];
	int n = snprintf(temporary, sizeof temporary, "%s.%d.new", path, (int)getpid());
	if (n < 0 || (size_t)n >= sizeof temporary)
		return error_set(err, ERR_LIMIT, "path too long: %s", path);
	CLEANUP_FD int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
	if (fd < 0)
		return error_errno(err, "cannot create %s", temporary);
	result r = write_all(fd, bytes, err);
	if (is_ok(r) && fsync(fd) < 0)
		r = error_errno(err, "cannot sync %s", temporary);
	if (is_ok(r) && rename(temporary, path) < 0)
		r = error_errno(err, "cannot rename to %s", path);
	if (!is_ok(r))
		(void)unlink(temporary);
	return r;
}

result fd_set_nonblocking(int fd, struct error *err)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_errno(err, "cannot make descriptor non-blocking");
	return RESULT_OK;
}
