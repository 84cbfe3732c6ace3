/* Guest memory ranges. Called by the runtime on behalf of hostile code; trusts nothing that comes from it. */
#include "wasm/cage.h"

#include <sys/mman.h>

#include "base/check.h"

static size_t pages_bytes(uint32_t pages)
{
	return (size_t)pages << 16;
}

result cage_init(struct cage *cage, uint32_t pages_max, struct error *err)
{
	ASSERT(pages_max <= CAGE_PAGES_MAX);
	void *base = mmap(NULL, CAGE_RESERVED_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return error_errno(err, "cannot reserve 8 GiB of address space for a guest");
	*cage = (struct cage){.base = base, .pages_max = pages_max};
	return RESULT_OK;
}

void cage_done(struct cage *cage)
{
	if (cage->base)
		munmap(cage->base, CAGE_RESERVED_BYTES);
	*cage = (struct cage){0};
}

result cage_open(struct cage *cage, uint32_t pages, struct error *err)
{
	ASSERT(cage->pages_open == 0 && pages <= cage->pages_max);
	if (mprotect(cage->base, pages_bytes(pages), PROT_READ | PROT_WRITE) < 0)
		return error_errno(err, "cannot open guest memory");
	cage->pages = cage->pages_open = pages;
	return RESULT_OK;
}

result cage_map(struct cage *cage, int fd, uint32_t pages, enum cage_sharing sharing, struct error *err)
{
	const int how = sharing == CAGE_SHARED ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE;
	ASSERT(pages <= cage->pages_max);
	void *at = mmap(cage->base, pages_bytes(pages), PROT_READ | PROT_WRITE, how | MAP_FIXED, fd, 0);
	if (at == MAP_FAILED)
		return error_errno(err, "cannot map a snapshot");
	cage->pages = cage->pages_open = pages;
	return RESULT_OK;
}

uint32_t cage_grow(struct cage *cage, uint32_t delta)
{
	uint32_t before = cage->pages;
	uint64_t after = (uint64_t)before + delta;
	if (after > cage->pages_max) {
		cage->refused = true;
		return UINT32_MAX;
	}
	if (after > cage->pages_open) {
		size_t n = pages_bytes((uint32_t)after - cage->pages_open);
		if (mprotect(cage->base + pages_bytes(cage->pages_open), n, PROT_READ | PROT_WRITE) < 0) {
			cage->refused = true;
			return UINT32_MAX;
		}
		cage->pages_open = (uint32_t)after;
	}
	cage->pages = (uint32_t)after;
	return before;
}

void cage_shrink(struct cage *cage, uint32_t pages)
{
	if (cage->pages_open > pages) {
		uint8_t *at = cage->base + pages_bytes(pages);
		size_t n = pages_bytes(cage->pages_open - pages);
		ASSERT(madvise(at, n, MADV_DONTNEED) == 0);
		ASSERT(mprotect(at, n, PROT_NONE) == 0);
		cage->pages_open = pages;
	}
	cage->pages = pages;
	cage->refused = false;
}
