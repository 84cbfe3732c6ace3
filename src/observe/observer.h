/*
 * Everything that watches, put together: for each function its profile and its watch, and one book of
 * incidents. The monitor feeds it records and time; it answers with changes of incidents and with the action
 * in force.
 *
 * About 32 KiB a function. Not thread-safe.
 */
#ifndef WARD_OBSERVE_OBSERVER_H
#define WARD_OBSERVE_OBSERVER_H

#include "observe/incident.h"
#include "observe/profile.h"
#include "observe/watch.h"

struct observed {
	struct profile profile;
	struct function_watch watch;
};

struct observer_config {
	struct profile_config profile;
	struct watch_config watch;
	const struct incident_rule *rules; /* SIGNAL_KIND_COUNT, borrowed */
};
extern const struct observer_config observer_default;

struct observer {
	struct observer_config config;
	struct observed **functions; /* owned, by id; NULL: not seen yet */
	uint32_t room;
	struct incident_book book;
};

void observer_init(
    struct observer *o, const struct observer_config *config, incident_heard heard, void *context);
void observer_done(struct observer *o);
/* From now on, also for what is watched already. The rules are borrowed as before. */
void observer_configure(struct observer *o, const struct observer_config *config, int64_t now_s);
/* The longest pause between calls of a function that its author calls ordinary; 0: not said. ERR_MEMORY. */
result observer_expect(
    struct observer *o, uint32_t function, uint32_t version, int64_t quiet_s, int64_t now_s, struct error *err);

/* What a function is committed to do, in the version that serves from now on; what that version itself has taught stays. ERR_MEMORY. */
result observer_adopt(struct observer *o, uint32_t function, uint32_t version, const struct profile *committed,
    int64_t now_s, struct error *err);

/* A checked record of a function (its number in the rollup store). ERR_MEMORY when a new one cannot be
 * watched. */
result observer_record(struct observer *o, uint32_t function, const struct invocation *v, struct error *err);
/* Every second or so: silence is heard as finely as this is called. */
void observer_tick(struct observer *o, int64_t now_s);

/* Puts back what observer_function() gave in an earlier process of the same build (bytes of a struct observed, at any
 * address). ERR_MEMORY. */
result observer_restore(struct observer *o, uint32_t function, const char *bytes, struct error *err);

/* NULL when it was never called. */
const struct observed *observer_function(const struct observer *o, uint32_t function);

#endif
