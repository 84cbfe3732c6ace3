/*
 * Budgets per day with a hard stop, against denial of wallet: calls, processor time, bytes of answers,
 * requests to other hosts. What was spent stands in memory that all gateways and the monitor map, a row for
 * each function that has a budget and one for the app as a whole, found by its name, so that a new generation
 * of the app goes on where the one before it stopped.
 *
 * What a call may cost at most is reserved before it runs and settled to what it did cost after, so that many
 * at once cannot overrun the budget together. A call reserves itself first and looks at the sum then, as in
 * tally.h: a limit is never passed by what is reserved. Each process has a column of reservations, which its
 * successor sets back; what is spent stays.
 *
 * The day is the UTC day. A counter holds its day beside its sum in one word, so that the first who comes on
 * a new day begins it anew without a lock, and a clock that is set back refills nothing.
 */
#ifndef WARD_OBSERVE_BUDGET_H
#define WARD_OBSERVE_BUDGET_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/result.h"
#include "base/slice.h"

enum budget_unit { BUDGET_CALLS, BUDGET_CPU_US, BUDGET_RESPONSE_BYTES, BUDGET_FETCHES, BUDGET_UNIT_COUNT };

struct budget_amount {
	uint64_t of[BUDGET_UNIT_COUNT]; /* as a limit 0: none */
};

#define BUDGET_AMOUNT_MAX ((1ull << 48) - 1)
#define BUDGET_COLUMNS 8u
#define BUDGET_READER BUDGET_COLUMNS /* as a column: of a process that reserves nothing */
#define BUDGET_DAY_MS 86400000ll

struct budget_row {
	_Alignas(64) _Atomic uint64_t
	    key; /* of its name; 0: nobody's yet. Rows are taken from the first on and never given back. */
	_Atomic uint64_t spent[BUDGET_UNIT_COUNT]; /* day << 48 | amount */
	_Atomic uint64_t reserved[BUDGET_COLUMNS][BUDGET_UNIT_COUNT];
};

struct budget_page {
	_Alignas(64) _Atomic uint32_t seeded; /* what was spent before this run has been added */
	struct budget_row rows[];
};

struct budgets {
	struct budget_page *page; /* mapped */
	uint32_t count;
	uint32_t column;
};

/* The memory of so many rows, sealed in its size. Returns owned. */
result budgets_memory(uint32_t rows, struct error *err, int *ret_fd);
/* Takes a column of it and drops what a process before reserved in it; the descriptor stays the caller's. */
result budgets_map(struct budgets *b, int fd, uint32_t column, struct error *err);
void budgets_done(struct budgets *b);

/* The row of a name, which is its own from now on. ERR_LIMIT when all are taken: then nothing holds a limit,
 * and the caller must not serve. */
result budgets_row(struct budgets *b, struct slice name, struct error *err, struct budget_row **ret);

enum budget_verdict {
	BUDGET_FITS,
	BUDGET_BUSY,  /* it would, were the calls under way to cost nothing: come again soon */
	BUDGET_SPENT, /* not today */
};

/* Reserves; *ret_unit says for which unit it did not, and nothing is reserved then. */
enum budget_verdict budget_reserve(const struct budgets *b, struct budget_row *row,
    const struct budget_amount *limit, const struct budget_amount *most, int64_t unix_ms,
    enum budget_unit *ret_unit);
/* The same question without reserving. */
enum budget_verdict budget_look(const struct budget_row *row, const struct budget_amount *limit,
    const struct budget_amount *most, int64_t unix_ms, enum budget_unit *ret_unit);
/* Gives a reservation back and books the true cost, which may exceed it (a kill comes after the fact). */
void budget_settle(const struct budgets *b, struct budget_row *row, const struct budget_amount *most,
    const struct budget_amount *cost, int64_t unix_ms);

uint64_t budget_spent(const struct budget_row *row, enum budget_unit unit, int64_t unix_ms);
/* Adds what was spent; the sums stop at BUDGET_AMOUNT_MAX. */
void budget_add(struct budget_row *row, const struct budget_amount *cost, int64_t unix_ms);
/* The day begins anew: what was spent is forgiven. What is reserved stays so. */
void budget_renew(struct budget_row *row, int64_t unix_ms);
/* The largest spent share of any unit with a limit, 0 to 1 and above; *ret_unit: which one. */
double budget_used(const struct budget_row *row, const struct budget_amount *limit, int64_t unix_ms,
    enum budget_unit *ret_unit);
bool budget_any(const struct budget_amount *limit);

int64_t budget_day(int64_t unix_ms);
/* Until the day ends, at least 1. */
unsigned budget_seconds_left(int64_t unix_ms);

/* "calls", "cpu", "response_bytes", "fetches": as in ward.yaml; and in words for whoever reads of it. */
const char *budget_unit_name(enum budget_unit unit);

#endif
