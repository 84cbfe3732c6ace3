/* Freezing a guest memory. Called by base.c before anything is locked, and by draft.c in a locked process. */
#include "wasm/snapshot.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool snapshot_is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, OS_PAGE_BYTES - 1) == 0;
}

result snapshot_file(size_t bytes, struct error *err, int *ret_fd)
{
	int fd = memfd_create("ward-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(err, "cannot create a snapshot");
	if (ftruncate(fd, (off_t)bytes) < 0) {
		result r = error_errno(err, "cannot size a snapshot");
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return RESULT_OK;
}

result snapshot_write(int fd, const uint8_t *memory, size_t from, size_t to, struct error *err)
{
	for (size_t at = from; at < to; at += OS_PAGE_BYTES) {
		if (snapshot_is_zero(memory + at))
			continue;
		if (pwrite(fd, memory + at, OS_PAGE_BYTES, (off_t)at) != OS_PAGE_BYTES)
			return error_errno(err, "cannot write a snapshot");
	}
	return RESULT_OK;
}

static result seal_and_map(struct snapshot *snapshot, struct error *err)
{
	if (fcntl(snapshot->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return error_errno(err, "cannot seal a snapshot");
	void *view = mmap(NULL, snapshot_bytes(snapshot), PROT_READ, MAP_PRIVATE, snapshot->fd, 0);
	if (view == MAP_FAILED)
		return error_errno(err, "cannot map a snapshot");
	snapshot->pristine = view;
	return RESULT_OK;
}

result snapshot_seal(int fd, uint32_t pages, uint32_t stack_pointer, struct error *err, struct snapshot *ret)
{
	*ret = (struct snapshot){.fd = fd, .pages = pages, .stack_pointer = stack_pointer};
	result r = seal_and_map(ret, err);
	if (!is_ok(r))
		snapshot_done(ret);
	return r;
}

result snapshot_take(
    struct snapshot *snapshot, const struct cage *cage, uint32_t stack_pointer, struct error *err)
{
	const size_t bytes = (size_t)cage->pages << 16;
	int fd = -1;
	TRY(snapshot_file(bytes, err, &fd));
	result r = snapshot_write(fd, cage->base, 0, bytes, err);
	if (!is_ok(r)) {
		close(fd);
		return r;
	}
	return snapshot_seal(fd, cage->pages, stack_pointer, err, snapshot);
}

void snapshot_done(struct snapshot *snapshot)
{
	if (snapshot->pristine)
		munmap((void *)(uintptr_t)snapshot->pristine, snapshot_bytes(snapshot));
	if (snapshot->fd >= 0)
		close(snapshot->fd);
	*snapshot = SNAPSHOT_EMPTY;
}
