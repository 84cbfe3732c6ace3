/*
 * A channel: two one-way rings of records in shared memory between exactly two threads of two processes.
 *
 * The supervisor makes the memory and hands it to both ends with the other's doorbell (an eventfd). Each end posts
 * records with channel_send() and wakes the peer once a batch with channel_flush(); the peer is only woken when it
 * said that it sleeps. A record larger than the ring travels in fragments.
 *
 * The peer is not trusted: its positions are checked against the ring, each record is copied out before anyone
 * looks at it, lengths are checked against the message table. A peer that breaks the form breaks the channel
 * (ERR_INVALID, for ever), never this process.
 *
 * A record with a secret in it (channel_send_secret()) is wiped out of the ring by its reader before the room is given back,
 * and out of the reader's copy at its next channel_next().
 *
 * Layout of the memory: two `struct ring_head`s of CHANNEL_PAGE bytes each, then two data areas of equal size, a
 * power of two. Side 0 writes ring 0 and reads ring 1; side 1 the reverse. A record is a 16-byte head (fragment
 * length, total length, type, id) and its bytes, padded to 16.
 */
#ifndef WARD_IPC_CHANNEL_H
#define WARD_IPC_CHANNEL_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/result.h"
#include "ipc/messages.h"

#define CHANNEL_PAGE 4096u
#define CHANNEL_RING_BYTES (256u << 10)

/* In shared memory, one per direction; each line is written by one side only. */
struct ring_head {
	_Alignas(64) _Atomic uint32_t written; /* by the producer: bytes ever posted, modulo 2^32 */
	_Atomic uint32_t wants_room;	       /* by the producer: wake me when you have read */
	_Alignas(64) _Atomic uint32_t read;    /* by the consumer: bytes ever taken */
	_Atomic uint32_t sleeps;	       /* by the consumer: ring my doorbell when you write */
};

struct ring_end {
	struct ring_head *head;
	char *data; /* mapped twice in a row, so that no record wraps */
	uint32_t at; /* our own position; never read back from shared memory */
};

struct channel {
	struct ring_end out;
	struct ring_end in;
	void *map;
	size_t map_bytes;
	int peer_bell_fd;     /* owned */
	bool posted;	      /* since the last flush */
	bool broken;
	struct buf backlog;   /* what did not fit into the ring, whole fragments, in order */
	size_t backlog_at;
	struct buf partial;   /* fragments of the record being received, or the last record */
	uint32_t partial_total;
	uint32_t partial_type;
	uint32_t partial_id;
};

struct record {
	enum record_type type;
	uint32_t id;
	struct slice payload; /* a private copy, good until the next channel_next() */
};

/* Makes the shared memory for one channel: a descriptor to give to both ends. Returns owned. */
result channel_memory(struct error *err, int *ret_fd);

/* Opens one end. Takes neither descriptor of memory (borrowed) but owns peer_bell_fd from here on success. */
result channel_open(struct channel *c, int memory_fd, unsigned side, int peer_bell_fd, struct error *err);
void channel_done(struct channel *c);

/*
 * Posts one record from up to a few parts laid end to end. ERR_LIMIT when the peer reads so slowly that the backlog
 * (CHANNEL_BACKLOG_MAX) is full: the caller sheds load. ERR_CLOSED after the channel broke.
 */
result channel_send(struct channel *c, enum record_type type, uint32_t id, const struct slice *parts, size_t count,
    struct error *err);

result channel_send_secret(struct channel *c, enum record_type type, uint32_t id, const struct slice *parts, size_t count,
    struct error *err);

/* Moves backlog into the ring and wakes the peer if it sleeps. Once a batch. */
void channel_flush(struct channel *c);

/* Whether all that was sent is in the ring and the peer has been woken for it. */
bool channel_sent(const struct channel *c);

/* The next record; ERR_NOT_FOUND when there is none, ERR_INVALID when the peer broke the form. */
result channel_next(struct channel *c, struct error *err, struct record *ret);

/*
 * About how many records wait to be read, were they all of `bytes` payload; CHANNEL_MANY when the ring is half full, behind
 * which more may wait at the peer's.
 */
#define CHANNEL_MANY 1000000u
uint32_t channel_waiting(const struct channel *c, size_t bytes);

/* Whether the peer says that it sleeps: a word without weight, for guesses. */
bool channel_peer_sleeps(const struct channel *c);

/* Whether something has come that channel_next() has not given out yet. */
bool channel_unread(const struct channel *c);

/* Says that this end will sleep; false when a record has come meanwhile and it must not. */
bool channel_may_sleep(struct channel *c);
void channel_awake(struct channel *c);

#define CHANNEL_BACKLOG_MAX (128u << 20)

/* Our own doorbell: an eventfd to wait on. */
result doorbell_new(struct error *err, int *ret_fd);
/* From now on emptying it waits until it has rung. */
result doorbell_blocks(int fd, struct error *err);
/* Empties it after a wake-up. */
void doorbell_clear(int fd);

#endif
