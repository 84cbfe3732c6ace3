/*
 * Messages for webhooks, from the moment that there is something to tell until the other side has taken it.
 * One that is not taken is tried again after 5, 10, 20 ... seconds; after DELIVERY_TRIES_MAX tries, some
 * three hours, or when the other side says that it is gone (410), it is dead: kept, shown, and tried again
 * when somebody says so.
 *
 * Only one message at a time is under way to a host, and what is said of one incident arrives in order: its
 * end does not overtake its beginning. Bounded: when DELIVERIES_MAX are kept, what was taken makes room
 * first, then what is dead, then what has waited longest.
 *
 * No I/O: whoever owns it sends, says what came of it, and keeps the bytes of deliveries_write() so that a
 * restart loses nothing. Not thread-safe.
 */
#ifndef WARD_OBSERVE_DELIVERY_H
#define WARD_OBSERVE_DELIVERY_H

#include "base/buf.h"
#include "base/result.h"

#define DELIVERIES_MAX 256u
#define DELIVERY_TRIES_MAX 12u
#define DELIVERY_BODY_MAX (64u << 10)
#define DELIVERY_TO_BYTES 640u
#define DELIVERY_WHY_BYTES 160u
/* An answer that does not come within this is as none. */
#define DELIVERY_ANSWER_MS 300000

enum delivery_state {
	DELIVERY_NONE,
	DELIVERY_WAITING,
	DELIVERY_UNDER_WAY,
	DELIVERY_TAKEN,
	DELIVERY_DEAD,
	DELIVERY_STATE_COUNT
};

struct delivery {
	uint32_t id; /* counts up, from 1 */
	enum delivery_state state;
	uint64_t message; /* unlike any other of this ward: receivers know by it what they have had */
	uint32_t incident;
	char event[12];
	char to[DELIVERY_TO_BYTES]; /* as the contract names the host */
	uint32_t tries;
	uint32_t status; /* HTTP, of the last answer; 0: none came */
	char why[DELIVERY_WHY_BYTES];
	int64_t made_ms, next_ms, ended_ms;
	char *body; /* owned; NULL once it was taken */
	uint32_t body_bytes;
};

struct deliveries {
	struct delivery of[DELIVERIES_MAX];
	uint32_t next_id;
	uint64_t seed; /* of message numbers */
	uint64_t lost; /* made room before they were taken */
	bool changed;  /* since deliveries_write() */
};

/* seed: hard to guess and different for each ward. */
void deliveries_init(struct deliveries *d, uint64_t seed);
void deliveries_done(struct deliveries *d);

/* The body is copied. ERR_LIMIT when it or `to` is too long. */
result delivery_add(struct deliveries *d, struct slice to, uint32_t incident, const char *event,
    struct slice body, int64_t now_ms, struct error *err);

/* The next that is due, from now on under way; NULL when none is. */
struct delivery *delivery_next(struct deliveries *d, int64_t now_ms);
/* What came of it. status: of HTTP, 0 when none came; gone: the contract no longer names the host. */
void delivery_answered(
    struct deliveries *d, uint32_t id, uint32_t status, bool gone, struct slice why, int64_t now_ms);
/* Whoever sends has gone: what was under way is tried again. */
void deliveries_interrupted(struct deliveries *d, int64_t now_ms);
/* By hand: a dead one is tried at once, and as often as a new one. False when it is not dead. */
bool delivery_retry(struct deliveries *d, uint32_t id, int64_t now_ms);

const char *delivery_state_name(enum delivery_state state);

/* Into bytes and back; of one build for itself. ERR_INVALID for what it did not write; then *d is as it was.
 */
void deliveries_write(struct deliveries *d, struct buf *out);
result deliveries_read(struct deliveries *d, struct slice bytes, int64_t now_ms, struct error *err);

#endif
