/*
 * A cage: the address range in which one guest memory lives.
 *
 * 8 GiB are reserved, so that no u32 address plus u32 offset of translated code can leave it; the guest's pages are
 * readable and writable, all others fault. Growth stops at the cap. The cage knows nothing of what is in it.
 */
#ifndef WARD_WASM_CAGE_H
#define WARD_WASM_CAGE_H

#include "base/result.h"
#include "base/slice.h"

/* u32 address + u32 offset + 16 bytes at most; a whole wasm page of slack. */
#define CAGE_RESERVED_BYTES (0x200000000ull + 0x10000ull)
/* Wasm pages; less than 65536, because the translated code keeps the size in bytes in 32 bits. */
#define CAGE_PAGES_MAX 65535u

struct cage {
	uint8_t *base; /* owned reservation, or NULL */
	uint32_t pages; /* wasm pages the guest has */
	uint32_t pages_open; /* wasm pages readable and writable */
	uint32_t pages_max;
	bool refused; /* a growth was refused since the cage was last reset */
};

result cage_init(struct cage *cage, uint32_t pages_max, struct error *err);
void cage_done(struct cage *cage);
/* Opens the first pages as anonymous zeros. */
result cage_open(struct cage *cage, uint32_t pages, struct error *err);
/* Maps a file over the first pages: a sealed one copy on write, or to write into the file itself. */
enum cage_sharing { CAGE_PRIVATE, CAGE_SHARED };
result cage_map(struct cage *cage, int fd, uint32_t pages, enum cage_sharing sharing, struct error *err);
/* The wasm memory.grow: the old page count, or UINT32_MAX. Called in guest mode: no allocation, no locks. */
uint32_t cage_grow(struct cage *cage, uint32_t delta);
/* Gives back what was opened past `pages`. */
void cage_shrink(struct cage *cage, uint32_t pages);

/* n bytes at a guest address, or NULL when they are not all inside the guest's memory. */
static inline void *cage_at(const struct cage *cage, uint32_t address, size_t n)
{
	uint64_t size = (uint64_t)cage->pages << 16;
	if ((uint64_t)address + n > size)
		return NULL;
	return cage->base + address;
}

#endif
