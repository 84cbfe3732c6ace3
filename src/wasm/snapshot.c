/* Freezing a guest memory. Called by program.c, before the process is locked. */
#include "wasm/snapshot.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, OS_PAGE_BYTES - 1) == 0;
}

static result write_pages(int fd, const uint8_t *from, size_t n, struct error *err)
{
	for (size_t at = 0; at < n; at += OS_PAGE_BYTES) {
		if (is_zero(from + at))
			continue;
		if (pwrite(fd, from + at, OS_PAGE_BYTES, (off_t)at) != OS_PAGE_BYTES)
			return error_errno(err, "cannot write a snapshot");
	}
	return RESULT_OK;
}

static result fill(struct snapshot *snapshot, const struct cage *cage, struct error *err)
{
	size_t n = snapshot_bytes(snapshot);
	snapshot->fd = memfd_create("ward-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (snapshot->fd < 0)
		return error_errno(err, "cannot create a snapshot");
	if (ftruncate(snapshot->fd, (off_t)n) < 0)
		return error_errno(err, "cannot size a snapshot");
	TRY(write_pages(snapshot->fd, cage->base, n, err));
	if (fcntl(snapshot->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return error_errno(err, "cannot seal a snapshot");
	void *view = mmap(NULL, n, PROT_READ, MAP_PRIVATE, snapshot->fd, 0);
	if (view == MAP_FAILED)
		return error_errno(err, "cannot map a snapshot");
	snapshot->pristine = view;
	return RESULT_OK;
}

result snapshot_take(struct snapshot *snapshot, const struct cage *cage, uint32_t stack_pointer, struct error *err)
{
	*snapshot = (struct snapshot){.fd = -1, .pages = cage->pages, .stack_pointer = stack_pointer};
	result r = fill(snapshot, cage, err);
	if (!is_ok(r))
		snapshot_done(snapshot);
	return r;
}

void snapshot_done(struct snapshot *snapshot)
{
	if (snapshot->pristine)
		munmap((void *)(uintptr_t)snapshot->pristine, snapshot_bytes(snapshot));
	if (snapshot->fd >= 0)
		close(snapshot->fd);
	*snapshot = SNAPSHOT_EMPTY;
}
