/* The rollup store. Called by the monitor's loop; the file is its own. */
#include "observe/rollup.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/strmap.h"

#define FUNCTIONS_MAX 65536u
#define ROW_BYTES_MAX 4096u
#define PRUNED_A_TICK 32u

const struct rollup_tier_manifest rollup_tiers[TIER_COUNT] = {
    [TIER_10S] = {"10s", 10, 3600},
    [TIER_MINUTE] = {"1min", 60, 86400},
    [TIER_HOUR] = {"1h", 3600, 35ll * 86400},
    [TIER_DAY] = {"1day", 86400, 400ll * 86400},
};

struct open_span {
	int64_t begin_s;
	bool used;
	struct rollup_cell cell;
};

struct function {
	char *name; /* owned; the map's key */
	struct open_span open[TIER_COUNT];
};

struct rollup {
	sqlite3 *db;
	sqlite3_stmt *write, *prune, *range, *add_function;
	struct function **functions; /* by id, owned */
	uint32_t count, room;
	struct strmap by_name; /* id + 1 as a pointer */
	uint32_t prune_next;
	struct buf row;
};

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA mmap_size = "
    "268435456;"
    "CREATE TABLE IF NOT EXISTS function (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
    /* Clustered by what charts ask for: a function's rows of one tier lie side by side. */
    "CREATE TABLE IF NOT EXISTS rollup (function INTEGER NOT NULL, tier INTEGER NOT NULL, begin INTEGER NOT "
    "NULL,"
    " cell BLOB NOT NULL, PRIMARY KEY (function, tier, begin)) STRICT, WITHOUT ROWID;";

static result db_error(const struct rollup *r, struct error *err, const char *what)
{
	return error_set(err, ERR_SYSTEM, "%s: %s", what, r->db ? sqlite3_errmsg(r->db) : "no memory");
}

static result prepare(struct rollup *r, const char *sql, struct error *err, sqlite3_stmt **ret)
{
	if (sqlite3_prepare_v3(r->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) != SQLITE_OK)
		return db_error(r, err, "cannot prepare the rollup store");
	return RESULT_OK;
}

static result prepare_all(struct rollup *r, struct error *err)
{
	if (sqlite3_exec(r->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return db_error(r, err, "cannot set up the rollup store");
	TRY(prepare(r, "INSERT OR REPLACE INTO rollup VALUES (?1, ?2, ?3, ?4)", err, &r->write));
	TRY(prepare(
	    r, "DELETE FROM rollup WHERE function = ?1 AND tier = ?2 AND begin < ?3", err, &r->prune));
	TRY(prepare(r, "INSERT INTO function VALUES (?1, ?2)", err, &r->add_function));
	return prepare(r,
	    "SELECT begin, cell FROM rollup WHERE function = ?1 AND tier = ?2 AND begin >= ?3 AND begin < ?4"
	    " ORDER BY begin",
	    err, &r->range);
}

static int64_t span_of(enum rollup_tier tier, int64_t time_s)
{
	return time_s - time_s % rollup_tiers[tier].span_s;
}

static result function_add(struct rollup *r, struct slice name, struct error *err)
{
	if (r->count >= FUNCTIONS_MAX)
		return error_set(err, ERR_LIMIT, "the rollup store has %u functions", r->count);
	if (r->count == r->room) {
		uint32_t room = r->room ? r->room * 2 : 64;
		struct function **grown = realloc(r->functions, room * sizeof(struct function *));
		if (!grown)
			return error_set(err, ERR_MEMORY, "no memory for rollups");
		r->functions = grown;
		r->room = room;
	}
	struct function *f = calloc(1, sizeof *f);
	if (f)
		f->name = strndup(name.ptr, name.len);
	if (!f || !f->name ||
	    !is_ok(strmap_set(
		&r->by_name, slice_of(f ? f->name : "", name.len), (void *)(uintptr_t)(r->count + 1)))) {
		free(f ? f->name : NULL);
		free(f);
		return error_set(err, ERR_MEMORY, "no memory for rollups");
	}
	r->functions[r->count++] = f;
	return RESULT_OK;
}

typedef void (*each_row)(void *context, int64_t begin_s, const struct rollup_cell *cell);

static result each(struct rollup *r, uint32_t function, enum rollup_tier tier, int64_t from_s, int64_t to_s,
    each_row visit, void *context, struct error *err)
{
	result outcome = RESULT_OK;
	int step;
	sqlite3_bind_int64(r->range, 1, function);
	sqlite3_bind_int(r->range, 2, (int)tier);
	sqlite3_bind_int64(r->range, 3, from_s);
	sqlite3_bind_int64(r->range, 4, to_s);
	while (is_ok(outcome) && (step = sqlite3_step(r->range)) == SQLITE_ROW) {
		struct rollup_cell cell;
		struct slice bytes =
		    slice_of(sqlite3_column_blob(r->range, 1), (size_t)sqlite3_column_bytes(r->range, 1));
		outcome = rollup_cell_decode(bytes, err, &cell);
		if (is_ok(outcome))
			visit(context, sqlite3_column_int64(r->range, 0), &cell);
	}
	if (is_ok(outcome) && step != SQLITE_DONE)
		outcome = db_error(r, err, "cannot read rollups");
	sqlite3_reset(r->range);
	return outcome;
}

static void merge_row(void *context, int64_t begin_s, const struct rollup_cell *cell)
{
	struct open_span *span = context;
	(void)begin_s;
	span->used = true;
	rollup_cell_merge(&span->cell, cell);
}

static void latest_row(void *context, int64_t begin_s, const struct rollup_cell *cell)
{
	*(struct open_span *)context = (struct open_span){begin_s, true, *cell};
}

/*
 * What was open when the last process ended. The last fine row is opened again, to be written again with what
 * comes; the coarser spans around it are summed from the rows below that are not open. A span that was
 * written already is written once more with the same sum.
 */
static result recover(struct rollup *r, uint32_t function, struct error *err)
{
	struct function *f = r->functions[function];
	struct open_span last = {0};
	enum rollup_tier finest = TIER_10S;
	for (; finest < TIER_DAY && !last.used; finest++)
		TRY(each(r, function, finest, 0, INT64_MAX, latest_row, &last, err));
	if (!last.used)
		return RESULT_OK;
	if (finest == TIER_10S + 1)
		f->open[TIER_10S] = last;
	/* Once anything finer is open it will flow up when it ends: the row around it must not be summed as
	 * well. */
	bool flows = false;
	for (enum rollup_tier t = TIER_MINUTE; t < TIER_COUNT; t++) {
		struct open_span *span = &f->open[t], *below = &f->open[t - 1];
		span->begin_s = span_of(t, last.begin_s);
		flows = flows || below->used;
		int64_t end_s = flows ? below->begin_s : span->begin_s + rollup_tiers[t].span_s;
		TRY(each(r, function, (enum rollup_tier)(t - 1), span->begin_s, end_s, merge_row, span, err));
	}
	return RESULT_OK;
}

static result load_functions(struct rollup *r, struct error *err)
{
	sqlite3_stmt *all;
	result outcome = RESULT_OK;
	TRY(prepare(r, "SELECT name FROM function ORDER BY id", err, &all));
	while (is_ok(outcome) && sqlite3_step(all) == SQLITE_ROW) {
		struct slice name =
		    slice_of((const char *)sqlite3_column_text(all, 0), (size_t)sqlite3_column_bytes(all, 0));
		outcome = function_add(r, name, err);
	}
	sqlite3_finalize(all);
	for (uint32_t i = 0; is_ok(outcome) && i < r->count; i++)
		outcome = recover(r, i, err);
	return outcome;
}

result rollup_open(const char *path, struct error *err, struct rollup **ret)
{
	struct rollup *r = calloc(1, sizeof *r);
	if (!r)
		return error_set(err, ERR_MEMORY, "no memory for rollups");
	buf_init(&r->row, ROW_BYTES_MAX);
	result outcome = RESULT_OK;
	if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		outcome = db_error(r, err, "cannot open the rollup store");
	if (is_ok(outcome))
		outcome = prepare_all(r, err);
	if (is_ok(outcome))
		outcome = load_functions(r, err);
	if (!is_ok(outcome)) {
		rollup_close(r);
		return outcome;
	}
	*ret = r;
	return RESULT_OK;
}

result rollup_function(struct rollup *r, struct slice name, struct error *err, uint32_t *ret_id)
{
	uintptr_t known = (uintptr_t)strmap_get(&r->by_name, name);
	if (!known) {
		TRY(function_add(r, name, err));
		known = r->count;
		sqlite3_bind_int64(r->add_function, 1, (sqlite3_int64)(known - 1));
		sqlite3_bind_text(r->add_function, 2, name.ptr, (int)name.len, SQLITE_STATIC);
		int step = sqlite3_step(r->add_function);
		sqlite3_reset(r->add_function);
		if (step != SQLITE_DONE)
			return db_error(r, err, "cannot add a function to the rollup store");
	}
	*ret_id = (uint32_t)(known - 1);
	return RESULT_OK;
}

result rollup_add(struct rollup *r, uint32_t function, const struct invocation *v, struct error *err)
{
	if (function >= r->count)
		return error_set(err, ERR_NOT_FOUND, "there is no function %u in the rollup store", function);
	struct open_span *span = &r->functions[function]->open[TIER_10S];
	if (!span->used) {
		span->used = true;
		if (!span->begin_s)
			span->begin_s = span_of(TIER_10S, (int64_t)(v->time_us / 1000000));
	}
	rollup_cell_add(&span->cell, v);
	return RESULT_OK;
}

static result write_row(struct rollup *r, uint32_t function, enum rollup_tier tier,
    const struct open_span *span, struct error *err)
{
	buf_clear(&r->row);
	rollup_cell_encode(&span->cell, &r->row);
	if (!buf_ok(&r->row))
		return error_set(err, ERR_LIMIT, "a rollup is too long");
	sqlite3_bind_int64(r->write, 1, function);
	sqlite3_bind_int(r->write, 2, (int)tier);
	sqlite3_bind_int64(r->write, 3, span->begin_s);
	sqlite3_bind_blob(r->write, 4, r->row.ptr, (int)r->row.len, SQLITE_STATIC);
	int step = sqlite3_step(r->write);
	sqlite3_reset(r->write);
	return step == SQLITE_DONE ? RESULT_OK : db_error(r, err, "cannot write a rollup");
}

/* Writes a span that has ended, hands its sum up, and opens the one that holds now_s. */
static result close_span(
    struct rollup *r, uint32_t function, enum rollup_tier tier, int64_t now_s, struct error *err)
{
	struct function *f = r->functions[function];
	struct open_span *span = &f->open[tier];
	if (span->begin_s && span_of(tier, now_s) <= span->begin_s)
		return RESULT_OK;
	if (span->used) {
		TRY(write_row(r, function, tier, span, err));
		if (tier + 1 < TIER_COUNT) {
			struct open_span *up = &f->open[tier + 1];
			/* The coarser span that this one lies in has ended too when it begins earlier than
			 * ours. */
			if (up->begin_s &&
			    up->begin_s != span_of((enum rollup_tier)(tier + 1), span->begin_s))
				TRY(close_span(
				    r, function, (enum rollup_tier)(tier + 1), span->begin_s, err));
			up->begin_s = span_of((enum rollup_tier)(tier + 1), span->begin_s);
			up->used = true;
			rollup_cell_merge(&up->cell, &span->cell);
		}
	}
	*span = (struct open_span){.begin_s = span_of(tier, now_s)};
	return RESULT_OK;
}

static result prune(struct rollup *r, uint32_t function, int64_t now_s, struct error *err)
{
	for (enum rollup_tier t = 0; t < TIER_COUNT; t++) {
		sqlite3_bind_int64(r->prune, 1, function);
		sqlite3_bind_int(r->prune, 2, (int)t);
		sqlite3_bind_int64(r->prune, 3, now_s - rollup_tiers[t].kept_s);
		int step = sqlite3_step(r->prune);
		sqlite3_reset(r->prune);
		if (step != SQLITE_DONE)
			return db_error(r, err, "cannot prune rollups");
	}
	return RESULT_OK;
}

static result tick_function(
    struct rollup *r, uint32_t i, int64_t now_s, rollup_closed on_closed, void *context, struct error *err)
{
	struct open_span *fine = &r->functions[i]->open[TIER_10S];
	if (fine->begin_s && span_of(TIER_10S, now_s) > fine->begin_s && on_closed)
		on_closed(context, i, fine->begin_s, &fine->cell);
	for (enum rollup_tier t = 0; t < TIER_COUNT; t++)
		TRY(close_span(r, i, t, now_s, err));
	return RESULT_OK;
}

result rollup_tick(struct rollup *r, int64_t now_s, rollup_closed on_closed, void *context, struct error *err)
{
	if (sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return db_error(r, err, "cannot begin to write rollups");
	result outcome = RESULT_OK;
	for (uint32_t i = 0; is_ok(outcome) && i < r->count; i++)
		outcome = tick_function(r, i, now_s, on_closed, context, err);
	for (uint32_t n = 0; is_ok(outcome) && n < PRUNED_A_TICK && n < r->count; n++) {
		outcome = prune(r, r->prune_next % r->count, now_s, err);
		r->prune_next++;
	}
	/* What was summed stays in memory on failure only as far as it was not yet closed: the error says
	 * rows were lost. */
	if (sqlite3_exec(r->db, is_ok(outcome) ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK &&
	    is_ok(outcome))
		outcome = db_error(r, err, "cannot write rollups");
	return outcome;
}

struct reading {
	struct rollup_row *rows;
	size_t count, max;
};

static void collect(void *context, int64_t begin_s, const struct rollup_cell *cell)
{
	struct reading *reading = context;
	if (reading->count < reading->max)
		reading->rows[reading->count] = (struct rollup_row){begin_s, *cell};
	reading->count++;
}

/* The open span of this tier, which is what is open below it too. */
static bool open_sum(const struct function *f, enum rollup_tier tier, struct rollup_row *ret)
{
	struct open_span sum = f->open[tier];
	for (enum rollup_tier t = 0; t < tier; t++) {
		if (!f->open[t].used)
			continue;
		if (!sum.used)
			sum.begin_s = span_of(tier, f->open[t].begin_s);
		if (span_of(tier, f->open[t].begin_s) == sum.begin_s)
			rollup_cell_merge(&sum.cell, &f->open[t].cell);
		sum.used = true;
	}
	*ret = (struct rollup_row){sum.begin_s, sum.cell};
	return sum.used;
}

result rollup_read(struct rollup *r, uint32_t function, enum rollup_tier tier, int64_t from_s, int64_t to_s,
    size_t max, struct error *err, struct rollup_row **ret_rows, size_t *ret_count)
{
	if (function >= r->count)
		return error_set(err, ERR_NOT_FOUND, "there is no function %u in the rollup store", function);
	struct reading reading = {.rows = calloc(max + 1, sizeof(struct rollup_row)), .max = max};
	if (!reading.rows)
		return error_set(err, ERR_MEMORY, "no memory for %zu rollups", max);
	struct rollup_row open;
	result outcome = each(r, function, tier, from_s, to_s, collect, &reading, err);
	if (is_ok(outcome) && open_sum(r->functions[function], tier, &open) && open.begin_s >= from_s &&
	    open.begin_s < to_s) {
		bool written = reading.count && reading.count <= max &&
			       reading.rows[reading.count - 1].begin_s == open.begin_s;
		reading.count -= written;
		collect(&reading, open.begin_s, &open.cell);
	}
	if (is_ok(outcome) && reading.count > max)
		outcome = error_set(err, ERR_LIMIT, "more than %zu rollups in that range", max);
	if (!is_ok(outcome)) {
		free(reading.rows);
		return outcome;
	}
	*ret_rows = reading.rows;
	*ret_count = reading.count;
	return RESULT_OK;
}

enum rollup_tier rollup_tier_for(int64_t from_s, int64_t to_s, int64_t now_s, size_t points)
{
	for (enum rollup_tier t = 0; t < TIER_DAY; t++) {
		if (from_s >= now_s - rollup_tiers[t].kept_s &&
		    (to_s - from_s) / rollup_tiers[t].span_s <= (int64_t)points)
			return t;
	}
	return TIER_DAY;
}

void rollup_close(struct rollup *r)
{
	if (!r)
		return;
	/* The open ten seconds are written, coarser spans come from the rows when the file is opened again.
	 */
	for (uint32_t i = 0; r->write && i < r->count; i++) {
		const struct open_span *fine = &r->functions[i]->open[TIER_10S];
		if (fine->used)
			ignore_result(write_row(r, i, TIER_10S, fine, NULL));
	}
	sqlite3_finalize(r->write);
	sqlite3_finalize(r->prune);
	sqlite3_finalize(r->range);
	sqlite3_finalize(r->add_function);
	sqlite3_close(r->db);
	for (uint32_t i = 0; i < r->count; i++) {
		free(r->functions[i]->name);
		free(r->functions[i]);
	}
	free(r->functions);
	strmap_done(&r->by_name);
	buf_done(&r->row);
	free(r);
}
