/*
 * What the monitor has decided about calls, in force at this gateway (ipc/watch_records.h, enum guard_action): quarantine, throttle,
 * challenge, ban; of a function, a caller, an address, a range of addresses; each until a time. The gateway decides
 * nothing of it: it refuses what it was told to refuse, and goes on doing so while there is no monitor.
 */
#ifndef WARD_PROC_GATEWAY_GUARD_H
#define WARD_PROC_GATEWAY_GUARD_H

#include "proc/gateway/gateway.h"

#define GUARDS_MAX 1024u

struct guard_list;

/* Takes a record of the monitor. */
void guard_take(struct gateway *g, const struct record *record);

/*
 * From the head alone: whether this address may not call this function (NULL: sign-in), and then the answer has been written.
 * OUTCOME_OK: it may.
 */
enum invocation_outcome guard_refuses_early(struct conn *c, const struct gw_function *f);
/* The same for what holds for a caller who is known by now. */
enum invocation_outcome guard_refuses_caller(
    struct conn *c, const struct gw_function *f, const struct identity_claim *who);
/* Whether sign-in asks this address for proofs; the accounts have pages and proofs of their own for it. */
bool guard_challenges_sign_in(const struct conn *c);
/* Whether the address may have nothing at all; the answer has been written. */
bool guard_refuses_place(struct conn *c);

#endif
