/*
 * A ring of invocation records in shared memory: one writer (a gateway), one reader (the monitor), no locks.
 *
 * The writer never waits: when the ring is full the record is dropped and counted. The reader polls; there is
 * no wake-up, so that a record costs the request one copy of 256 bytes and one store.
 *
 * Neither side trusts the other. Each keeps its own position in private memory and only publishes it: a
 * position read from the shared page is used as a distance, clamped to the ring, never as an index. Records
 * are copied out before they are checked. The memory file is sealed against change of size, so that no side
 * can make the other's access fault. At worst a hostile writer makes the monitor read rubbish records, which
 * invocation_check() refuses and `refused` counts; at worst a hostile reader makes the writer drop.
 */
#ifndef WARD_OBSERVE_RECORD_RING_H
#define WARD_OBSERVE_RECORD_RING_H

#include "observe/invocation.h"

#define RECORD_RING_COUNT_MAX (1u << 20)

struct record_ring_page;

struct record_writer {
	struct record_ring_page *page; /* mapped */
	uint64_t head;		       /* records written */
	uint64_t tail_seen;	       /* what the reader had taken when last asked */
	uint64_t dropped;
	uint32_t count;
};

struct record_reader {
	struct record_ring_page *page; /* mapped */
	uint64_t tail;		       /* records taken */
	uint64_t refused;	       /* records that invocation_check() refused */
	uint64_t lost;		       /* positions skipped because the writer's position made no sense */
	uint32_t count;
};

/* A sealed memory file for `count` records (a power of two). The descriptor is the caller's. */
result record_ring_create(uint32_t count, struct error *err, int *ret_fd);

/* Maps the ring; fd is borrowed. ERR_DENIED when the file is not sealed, ERR_INVALID when its size is not a
 * ring's. */
result record_writer_init(struct record_writer *w, int fd, struct error *err);
result record_reader_init(struct record_reader *r, int fd, struct error *err);
/* Unmaps; safe on a zeroed struct. */
void record_writer_done(struct record_writer *w);
void record_reader_done(struct record_reader *r);

/* Copies the record in, or drops it. Never waits. */
void record_write(struct record_writer *w, const struct invocation *v);

/* Takes the next good record; false when there is none now. Bad ones are counted and skipped. */
bool record_read(struct record_reader *r, struct invocation *ret_v);

/* What the writer says it dropped since it began; a number to show, not to compute with. */
uint64_t record_reader_dropped(const struct record_reader *r);

#endif
