/* Called by program.c, first ahead of need and then in a locked process. What is written comes from the base
 * or the guest. */
#include "wasm/draft.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/fd.h"

/* Written through the map, so that the guest finds these pages mapped. */
static void copy_pages(uint8_t *to, const struct snapshot *from)
{
	for (size_t at = 0; at < snapshot_bytes(from); at += OS_PAGE_BYTES)
		if (!snapshot_is_zero(from->pristine + at))
			memcpy(to + at, from->pristine + at, OS_PAGE_BYTES);
}

result draft_begin(struct draft *draft, const struct snapshot *from, struct error *err)
{
	*draft = (struct draft){.fd = -1, .pages = from->pages};
	result r = snapshot_file(snapshot_bytes(from), err, &draft->fd);
	if (is_ok(r))
		r = cage_init(&draft->cage, CAGE_PAGES_MAX, err);
	if (is_ok(r))
		r = cage_map(&draft->cage, draft->fd, from->pages, CAGE_SHARED, err);
	if (is_ok(r))
		copy_pages(draft->cage.base, from);
	else
		draft_done(draft);
	return r;
}

/* What the guest grew lies after the file, in memory of its own. */
static result add_grown(const struct draft *draft, struct error *err)
{
	const size_t from = (size_t)draft->pages << 16, to = (size_t)draft->cage.pages << 16;
	if (to > from && ftruncate(draft->fd, (off_t)to) < 0)
		return error_errno(err, "cannot size a snapshot");
	return snapshot_write(draft->fd, draft->cage.base, from, to, err);
}

result draft_freeze(struct draft *draft, uint32_t stack_pointer, struct error *err, struct snapshot *ret)
{
	const uint32_t pages = draft->cage.pages;
	TRY(add_grown(draft, err));
	/* The kernel seals no file that is mapped writable. */
	cage_done(&draft->cage);
	return snapshot_seal(fd_take(&draft->fd), pages, stack_pointer, err, ret);
}

void draft_done(struct draft *draft)
{
	cage_done(&draft->cage);
	if (draft->fd >= 0)
		close(draft->fd);
	*draft = DRAFT_EMPTY;
}
