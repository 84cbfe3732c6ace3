/* Descriptors: closing by scope, sealed memory files, shared maps. */
#ifndef WARD_OS_FD_H
#define WARD_OS_FD_H

#include "base/result.h"
#include "base/slice.h"

void fd_cleanup(int *fd);
/* Closes at the end of the scope; set to -1 when ownership moves on. */
#define CLEANUP_FD __attribute__((cleanup(fd_cleanup)))

/* Moves the descriptor out, leaving -1. */
static inline int fd_take(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* A sealed, read-only memory file with these bytes: what one process hands another to read. Returns owned. */
result fd_sealed(const char *name, struct slice bytes, struct error *err, int *ret_fd);

/*
 * Maps a sealed memory file read-only; ERR_DENIED when it is not sealed against change, since the reader trusts
 * the bytes to stay as it has checked them. The map lives until the process ends or munmap().
 */
result fd_map_sealed(int fd, struct error *err, struct slice *ret_bytes);

/* Whole file, at most max bytes, NUL-terminated, malloc'd; the caller frees ret->ptr. */
result file_read(const char *path, size_t max, struct error *err, struct slice *ret);

/* Writes through a temporary file and rename(2), so that readers see the old or the new text and nothing between. */
result file_write_atomic(const char *path, struct slice bytes, unsigned mode, struct error *err);

result fd_set_nonblocking(int fd, struct error *err);

#endif
