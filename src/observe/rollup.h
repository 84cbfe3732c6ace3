/*
 * The rollup store: what happened, per function, in four resolutions, in one SQLite file of the monitor's
 * own.
 *
 * Records are summed in memory into the open span of the finest tier; when a span ends its sum is written and
 * added to the open span of the next tier. All that is lost by a crash is the open ten seconds: at opening
 * the coarser open spans are summed again from the rows of the tier below. Rows past their tier's retention
 * are deleted a function at a time, so that no tick does much.
 *
 * One writer, the monitor; readers open the same file read-only.
 */
#ifndef WARD_OBSERVE_ROLLUP_H
#define WARD_OBSERVE_ROLLUP_H

#include "observe/rollup_cell.h"

enum rollup_tier { TIER_10S, TIER_MINUTE, TIER_HOUR, TIER_DAY, TIER_COUNT };

struct rollup_tier_manifest {
	const char *name;
	int64_t span_s;
	int64_t kept_s;
};
extern const struct rollup_tier_manifest rollup_tiers[TIER_COUNT];

struct rollup;

/* Opens or makes the store. The path is borrowed for the call. */
result rollup_open(const char *path, struct error *err, struct rollup **ret);
/* Writes what is open; NULL is fine. */
void rollup_close(struct rollup *r);

/* The number of a function by "APP/FUNCTION", made when new; ERR_LIMIT past 65536. It stays for the file's
 * life. */
result rollup_function(struct rollup *r, struct slice name, struct error *err, uint32_t *ret_id);

/* Adds one record of a function. Records older than the open span are counted into it. */
result rollup_add(struct rollup *r, uint32_t function, const struct invocation *v, struct error *err);

/*
 * Called at least every ten seconds: closes what has ended and writes it in one transaction. on_closed (may
 * be NULL) hears of every function's closed span of the finest tier, silent ones included (calls 0): what
 * detectors eat.
 */
typedef void (*rollup_closed)(
    void *context, uint32_t function, int64_t begin_s, const struct rollup_cell *cell);
result rollup_tick(
    struct rollup *r, int64_t now_s, rollup_closed on_closed, void *context, struct error *err);

/* Every row of [from_s, to_s), oldest first, the open spans included. Stops with ERR_LIMIT after max. */
struct rollup_row {
	int64_t begin_s;
	struct rollup_cell cell;
};
result rollup_read(struct rollup *r, uint32_t function, enum rollup_tier tier, int64_t from_s, int64_t to_s,
    size_t max, struct error *err, struct rollup_row **ret_rows, size_t *ret_count);

/* The finest tier that has the whole range with at most `points` rows. */
enum rollup_tier rollup_tier_for(int64_t from_s, int64_t to_s, int64_t now_s, size_t points);

#endif
