/* Opening the identity store, bringing its tables up to date, and what happens now and then. Called by the
 * broker. */
#include "identity/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity/internal.h"
#include "identity/mail.h"

#define HASH_TARGET_MS 250u
#define DAY_MS (24ll * 60 * 60 * 1000)

/* The file exists with mode 0600 before SQLite opens it; the journal beside it takes the same mode. */
static result make_private(const char *path, struct error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(err, "cannot open the identity store %s", path);
	result r = RESULT_OK;
	if (fchmod(fd, 0600) < 0)
		r = error_errno(err, "cannot make %s private", path);
	(void)close(fd);
	return r;
}

static result run_script(struct identity_store *s, const char *sql, struct error *err)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return error_set(err, ERR_SYSTEM, "the identity store failed: %s", sqlite3_errmsg(s->db));
	return RESULT_OK;
}

static result read_version(struct identity_store *s, struct error *err, size_t *ret_version)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW) {
		(void)sqlite3_finalize(st);
		return error_set(
		    err, ERR_INVALID, "this is not an identity store: %s", sqlite3_errmsg(s->db));
	}
	*ret_version = (size_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return RESULT_OK;
}

static result migrate(struct identity_store *s, struct error *err)
{
	size_t version = 0;
	TRY(read_version(s, err, &version));
	if (version > migration_count)
		return error_set(err, ERR_INVALID,
		    "the identity store was written by a later ward (form %zu, this one knows %zu)", version,
		    migration_count);
	for (; version < migration_count; version++) {
		char mark[48];
		(void)snprintf(mark, sizeof mark, "PRAGMA user_version = %zu", version + 1);
		TRY(store_begin(s, err));
		result r = run_script(s, migrations[version], err);
		if (is_ok(r))
			r = run_script(s, mark, err);
		TRY(store_end(s, r, err));
	}
	return RESULT_OK;
}

static result configure(struct identity_store *s, struct error *err)
{
	/* Sign-outs must survive a power cut, hence FULL. Deleted secrets are overwritten. */
	(void)sqlite3_busy_timeout(s->db, 5000);
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	TRY(run_script(s,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
	    "PRAGMA secure_delete = FAST; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY",
	    err));
	return migrate(s, err);
}

static result read_cost(struct identity_store *s, struct error *err, struct password_cost *ret)
{
	CLEANUP_QUERY struct query q = {0};
	char text[64];
	TRY(query_first(s, ST_META_GET, SQL_ARGS(SQL_TEXT("password_cost")), err, &q));
	column_copy(&q, 0, text, sizeof text);
	if (sscanf(text, "%" SCNu32 " %" SCNu32, &ret->passes, &ret->memory_kib) != 2)
		return error_set(
		    err, ERR_INVALID, "the password cost in the identity store is not two numbers");
	return RESULT_OK;
}

static result tune_cost(struct identity_store *s, struct error *err)
{
	struct error missing = {0};
	char text[64];
	result r = read_cost(s, &missing, &s->cost);
	if (is_ok(r) && password_cost_is_enough(&s->cost))
		return RESULT_OK;
	TRY(password_cost_tune(HASH_TARGET_MS, err, &s->cost));
	(void)snprintf(text, sizeof text, "%" PRIu32 " %" PRIu32, s->cost.passes, s->cost.memory_kib);
	return store_run(s, ST_META_SET, SQL_ARGS(SQL_TEXT("password_cost"), SQL_TEXT(text)), err, NULL);
}

static result choose_cost(struct identity_store *s, const struct identity_options *o, struct error *err)
{
	if (o->cost.passes == 0) {
		TRY(tune_cost(s, err));
	} else {
		if (!o->cheap_hashes_for_tests && !password_cost_is_enough(&o->cost))
			return error_set(err, ERR_INVALID,
			    "a password cost of %" PRIu32 " passes over %" PRIu32 " KiB is too low",
			    o->cost.passes, o->cost.memory_kib);
		s->cost = o->cost;
	}
	return password_dummy(&s->cost, err, s->dummy_hash);
}

static result open_store(struct identity_store *s, const struct identity_options *o, struct error *err)
{
	TRY(make_private(o->path, err));
	TRY(store_keys_open(o->path, err, &s->keys));
	if (sqlite3_open_v2(o->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return error_set(err, ERR_SYSTEM, "cannot open the identity store %s: %s", o->path,
		    s->db ? sqlite3_errmsg(s->db) : "no memory");
	TRY(configure(s, err));
	return choose_cost(s, o, err);
}

result identity_open(
    const struct identity_options *options, struct error *err, struct identity_store **ret_store)
{
	if (sodium_init() < 0)
		return error_set(err, ERR_SYSTEM, "libsodium cannot start");
	struct identity_store *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, ERR_MEMORY, "no memory for the identity store");
	s->listener = options->listener;
	s->session_idle_ms = options->session_idle_ms ? options->session_idle_ms : 14 * DAY_MS;
	s->session_absolute_ms = options->session_absolute_ms ? options->session_absolute_ms : 90 * DAY_MS;
	s->verify_email = options->verify_email;
	(void)snprintf(s->app_name, sizeof s->app_name, "%.*s", SLICE_ARG(options->app_name));
	s->throttle = throttle_new();
	s->cache = calloc(SESSION_CACHE_PLACES, sizeof *s->cache);
	result r = s->throttle && s->cache ? open_store(s, options, err)
					   : error_set(err, ERR_MEMORY, "no memory for the identity store");
	if (!is_ok(r)) {
		identity_close(s);
		return r;
	}
	*ret_store = s;
	return RESULT_OK;
}

void identity_close(struct identity_store *store)
{
	if (!store)
		return;
	if (store->db)
		ignore_result(
		    store_flush_touches(store, NULL)); /* costs at most a minute of a session's idle time */
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		(void)sqlite3_finalize(store->statements[i]);
	(void)sqlite3_close(store->db);
	throttle_free(store->throttle);
	free(store->cache);
	sodium_memzero(store, sizeof *store);
	free(store);
}

struct password_cost identity_password_cost(const struct identity_store *store)
{
	return store->cost;
}

static result count_rows(struct identity_store *s, enum statement which, struct error *err, uint64_t *ret)
{
	CLEANUP_QUERY struct query q = {0};
	TRY(query_first(s, which, NULL, 0, err, &q));
	*ret = (uint64_t)sqlite3_column_int64(q.st, 0);
	return RESULT_OK;
}

result identity_counts(struct identity_store *store, struct error *err, struct identity_counts *ret)
{
	struct identity_counts c = {
	    .refused = store->refused, .delayed = store->delayed, .stuffing = store->attacks};
	TRY(count_rows(store, ST_USER_COUNT, err, &c.users));
	TRY(count_rows(store, ST_SESSION_COUNT, err, &c.sessions));
	*ret = c;
	return RESULT_OK;
}

void store_event(struct identity_store *s, enum identity_event_kind kind, const char *user,
    const struct identity_caller *caller, const char *detail)
{
	const struct identity_event e = {.kind = kind,
	    .user = user ? user : "",
	    .address = caller ? caller->address : SLICE_NONE,
	    .detail = detail ? detail : "",
	    .count = s->stuffing.total};
	tally_add(&s->tally, kind, caller ? caller->now_ms : s->now_ms);
	if (s->listener.event)
		s->listener.event(s->listener.context, &e);
	audit_event(s, &e, caller);
}

void store_session_dropped(struct identity_store *s, const uint8_t hash[SESSION_HASH_BYTES])
{
	session_cache_drop(s, hash);
	if (s->listener.session_dropped)
		s->listener.session_dropped(s->listener.context, hash);
}

result store_check_policy(
    struct identity_store *s, struct slice password, const char *email, struct error *err)
{
	struct slice rest = slice_cstr(email);
	const struct slice local = slice_cut(&rest, '@');
	const struct slice words[] = {slice_cstr(s->app_name), slice_cstr(email), local, SLICE("ward")};
	return password_check_policy(password, words, ARRAY_LEN(words), err);
}

void identity_verify_email(struct identity_store *s, bool verify)
{
	s->verify_email = verify;
}

void identity_name_app(struct identity_store *s, struct slice name)
{
	(void)snprintf(s->app_name, sizeof s->app_name, "%.*s", SLICE_ARG(name));
}

result store_flush_touches(struct identity_store *s, struct error *err)
{
	if (s->touch_count == 0)
		return RESULT_OK;
	TRY(store_begin(s, err));
	result r = RESULT_OK;
	for (size_t i = 0; is_ok(r) && i < s->touch_count; i++)
		r = store_run(s, ST_SESSION_TOUCH,
		    SQL_ARGS(
			SQL_BLOB(s->touches[i].hash, SESSION_HASH_BYTES), SQL_INT(s->touches[i].seen_ms)),
		    err, NULL);
	/* Kept on failure no longer than until the table is full: a lost touch only shortens an idle limit.
	 */
	s->touch_count = 0;
	return store_end(s, r, err);
}

/* Looks at the next rows in the order of their hashes, so that a pass over millions never holds the thread
 * up. */
static result collect_dead(struct identity_store *s, int64_t now_ms, uint8_t dead[][SESSION_HASH_BYTES],
    struct error *err, size_t *ret_dead)
{
	size_t seen = 0;
	size_t count = 0;
	bool row = false;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(s, ST_SESSION_SWEEP,
	    SQL_ARGS(SQL_BLOB(s->sweep_from, SESSION_HASH_BYTES), SQL_INT(SWEEP_ROWS)), err, &q));
	for (;;) {
		TRY(query_next(s, &q, err, &row));
		if (!row || !column_blob(&q, 0, s->sweep_from, SESSION_HASH_BYTES))
			break;
		seen++;
		int64_t ends_ms = sqlite3_column_int64(q.st, 1);
		int64_t idle_ends_ms = sqlite3_column_int64(q.st, 2) + s->session_idle_ms;
		if (now_ms >= ends_ms || now_ms >= idle_ends_ms)
			memcpy(dead[count++], s->sweep_from, SESSION_HASH_BYTES);
	}
	if (seen < SWEEP_ROWS)
		memset(s->sweep_from, 0, sizeof s->sweep_from);
	*ret_dead = count;
	return RESULT_OK;
}

static result sweep(struct identity_store *s, int64_t now_ms, struct error *err)
{
	uint8_t dead[SWEEP_ROWS][SESSION_HASH_BYTES];
	size_t count;
	TRY(collect_dead(s, now_ms, dead, err, &count));
	TRY(store_run(s, ST_CHALLENGE_SWEEP, SQL_ARGS(SQL_INT(now_ms)), err, NULL));
	TRY(mail_sweep(s, now_ms, err));
	TRY(audit_sweep(s, now_ms, err));
	for (size_t i = 0; i < count; i++) {
		TRY(store_run(
		    s, ST_SESSION_DELETE, SQL_ARGS(SQL_BLOB(dead[i], SESSION_HASH_BYTES)), err, NULL));
		store_session_dropped(s, dead[i]);
	}
	return RESULT_OK;
}

static result look_for_others(struct identity_store *s, struct error *err)
{
	CLEANUP_QUERY struct query q = {0};
	TRY(query_first(s, ST_DATA_VERSION, NULL, 0, err, &q));
	const int64_t version = sqlite3_column_int64(q.st, 0);
	if (s->data_version != 0 && version != s->data_version) {
		session_cache_drop_all(s);
		if (s->listener.changed_outside)
			s->listener.changed_outside(s->listener.context);
	}
	s->data_version = version;
	return RESULT_OK;
}

result identity_tick(struct identity_store *store, int64_t now_ms, struct error *err)
{
	store->now_ms = now_ms;
	tally_tick(&store->tally, now_ms);
	if (stuffing_tick(&store->stuffing, now_ms) == STUFFING_ENDED)
		store_event(store, IDENTITY_STUFFING_ENDED, NULL, NULL, "ten calm minutes");
	TRY(look_for_others(store, err));
	TRY(store_flush_touches(store, err));
	TRY(store_begin(store, err));
	return store_end(store, sweep(store, now_ms, err), err);
}
