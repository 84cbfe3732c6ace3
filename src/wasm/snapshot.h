/* A frozen guest memory: a sealed memory file to map copy-on-write, and a read-only view of it to compare with. */
#ifndef WARD_WASM_SNAPSHOT_H
#define WARD_WASM_SNAPSHOT_H

#include "wasm/cage.h"

#define OS_PAGE_BYTES 4096u

struct snapshot {
	int fd; /* owned, sealed; -1 when empty */
	uint32_t pages; /* wasm pages */
	const uint8_t *pristine; /* owned mapping of all of it */
	uint32_t stack_pointer; /* the guest's */
};

#define SNAPSHOT_EMPTY ((struct snapshot){.fd = -1})

/* Copies the cage's memory. Pages of zeros become holes and cost nothing until touched. */
result snapshot_take(
    struct snapshot *snapshot, const struct cage *cage, uint32_t stack_pointer, struct error *err);
/* The parts of it. An empty file; what a memory holds between two addresses, zeros left out; sealed (takes
 * fd). */
result snapshot_file(size_t bytes, struct error *err, int *ret_fd);
result snapshot_write(int fd, const uint8_t *memory, size_t from, size_t to, struct error *err);
result snapshot_seal(int fd, uint32_t pages, uint32_t stack_pointer, struct error *err, struct snapshot *ret);
bool snapshot_is_zero(const uint8_t *page);
void snapshot_done(struct snapshot *snapshot);

static inline size_t snapshot_bytes(const struct snapshot *snapshot)
{
	return (size_t)snapshot->pages << 16;
}

#endif
