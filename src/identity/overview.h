/*
 * Accounts in numbers, for operators: how many there are, and how the last hour's sign-ins went. No account
 * is named. The format is that of GET /_ward/api/identity (docs/dashboard-api.md).
 */
#ifndef WARD_IDENTITY_OVERVIEW_H
#define WARD_IDENTITY_OVERVIEW_H

#include "base/buf.h"
#include "identity/store.h"

#define TALLY_MINUTES 60u

/* What happened since the store was opened, and in each of the last minutes. The store has one; zeroed at
 * first. */
struct identity_tally {
	int64_t since_ms; /* 0: no time has passed yet */
	uint64_t all[IDENTITY_EVENT_COUNT];
	struct tally_minute {
		int64_t minute; /* Unix time / 60 s that the place is about */
		uint32_t signed_in, refused, delayed;
	} minutes[TALLY_MINUTES]; /* by minute % TALLY_MINUTES */
};

/* Time has come so far; the first time is when counting began. */
void tally_tick(struct identity_tally *t, int64_t now_ms);
/* Counts an event, of which the store tells as well. */
void tally_add(struct identity_tally *t, enum identity_event_kind kind, int64_t now_ms);

/* One JSON object. */
result identity_overview_json(
    struct identity_store *store, int64_t now_ms, struct error *err, struct buf *out);

#endif
