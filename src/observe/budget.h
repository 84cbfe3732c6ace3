/*
 * Budgets per day with a hard stop, against denial of wallet: calls, CPU, bytes out, outbound requests.
 *
 * What a request may cost at most is reserved before it runs and settled to what it did cost after, so that
 * many at once cannot overrun the budget together. The day is the UTC day; at its end the sums start over,
 * and what is still reserved stays so.
 */
#ifndef WARD_OBSERVE_BUDGET_H
#define WARD_OBSERVE_BUDGET_H

#include <stdint.h>

#include "base/result.h"

enum budget_unit { BUDGET_CALLS, BUDGET_CPU_US, BUDGET_BYTES_OUT, BUDGET_FETCHES, BUDGET_UNIT_COUNT };

struct budget_amount {
	uint64_t of[BUDGET_UNIT_COUNT];
};

struct budget {
	struct budget_amount limit; /* 0: none */
	struct budget_amount spent;
	struct budget_amount reserved;
	int64_t day; /* since 1970 */
};

/* ERR_LIMIT, naming the unit, when any part does not fit any more; nothing is reserved then. */
result budget_reserve(struct budget *b, const struct budget_amount *most, int64_t unix_ms, struct error *err);
/* Gives back a reservation and books the true cost, which may exceed it (a kill comes after the fact). */
void budget_settle(
    struct budget *b, const struct budget_amount *most, const struct budget_amount *cost, int64_t unix_ms);
/* The largest used share of any unit with a limit, 0 to 1 and above: for warnings at 80 %. */
double budget_used(const struct budget *b);

const char *budget_unit_name(enum budget_unit unit);

#endif
