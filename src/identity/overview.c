/* Accounts in numbers. Called by the broker for operators; counts what is in the store and what its listener
 * told. */
#include "identity/overview.h"

#include "base/check.h"
#include "identity/internal.h"

#define MINUTE_MS 60000

void tally_tick(struct identity_tally *t, int64_t now_ms)
{
	if (!t->since_ms)
		t->since_ms = now_ms;
}

static struct tally_minute *minute_of(struct identity_tally *t, int64_t minute)
{
	struct tally_minute *m = &t->minutes[(uint64_t)minute % TALLY_MINUTES];
	if (m->minute != minute)
		*m = (struct tally_minute){.minute = minute};
	return m;
}

void tally_add(struct identity_tally *t, enum identity_event_kind kind, int64_t now_ms)
{
	struct tally_minute *m = minute_of(t, now_ms / MINUTE_MS);
	tally_tick(t, now_ms);
	t->all[kind]++;
	m->signed_in += kind == IDENTITY_SIGNED_IN;
	m->refused += kind == IDENTITY_SIGN_IN_REFUSED;
	m->delayed += kind == IDENTITY_DELAYED;
}

/* A column of the last hour, oldest first; a minute in which nothing happened is zero. */
static void add_minutes(
    const struct identity_tally *t, int64_t now_ms, size_t field, const char *name, struct buf *out)
{
	const int64_t last = now_ms / MINUTE_MS;
	buf_printf(out, ",\"%s\":[", name);
	for (int64_t minute = last - TALLY_MINUTES + 1; minute <= last; minute++) {
		const struct tally_minute *m = &t->minutes[(uint64_t)minute % TALLY_MINUTES];
		const uint32_t *value = (const uint32_t *)(const void *)((const char *)m + field);
		buf_printf(out, "%s%u", minute > last - TALLY_MINUTES + 1 ? "," : "",
		    m->minute == minute ? *value : 0);
	}
	buf_add_char(out, ']');
}

static void add_hour(const struct identity_tally *t, int64_t now_ms, struct buf *out)
{
	const int64_t first = now_ms / MINUTE_MS - TALLY_MINUTES + 1;
	buf_add_cstr(out, ",\"minutes\":{\"time_s\":[");
	for (int64_t i = 0; i < TALLY_MINUTES; i++)
		buf_printf(out, "%s%lld", i ? "," : "", (long long)((first + i) * 60));
	buf_add_char(out, ']');
	add_minutes(t, now_ms, offsetof(struct tally_minute, signed_in), "signed_in", out);
	add_minutes(t, now_ms, offsetof(struct tally_minute, refused), "refused", out);
	add_minutes(t, now_ms, offsetof(struct tally_minute, delayed), "delayed", out);
	buf_add_char(out, '}');
}

result identity_overview_json(
    struct identity_store *store, int64_t now_ms, struct error *err, struct buf *out)
{
	static const char *const counts[] = {
	    "users", "disabled", "sessions", "with_second_factor", "passkeys", "api_keys"};
	static const struct {
		const char *name;
		enum identity_event_kind kind;
	} since[] = {{"signed_in", IDENTITY_SIGNED_IN}, {"refused", IDENTITY_SIGN_IN_REFUSED},
	    {"delayed", IDENTITY_DELAYED}, {"signed_up", IDENTITY_SIGNED_UP}};
	const struct identity_tally *tally = &store->tally;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_first(store, ST_OVERVIEW,
	    SQL_ARGS(SQL_INT(REALM_APP), SQL_INT(USER_DISABLED), SQL_INT(now_ms)), err, &q));
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		buf_printf(out, "%c\"%s\":%lld", i ? ',' : '{', counts[i],
		    (long long)sqlite3_column_int64(q.st, (int)i));
	buf_printf(out, ",\"since_ms\":%lld", (long long)(tally->since_ms ? tally->since_ms : now_ms));
	for (size_t i = 0; i < ARRAY_LEN(since); i++)
		buf_printf(out, ",\"%s\":%llu", since[i].name, (unsigned long long)tally->all[since[i].kind]);
	buf_printf(out, ",\"stuffing\":%s",
	    tally->all[IDENTITY_STUFFING] > tally->all[IDENTITY_STUFFING_ENDED] ? "true" : "false");
	add_hour(tally, now_ms, out);
	buf_add_char(out, '}');
	return buf_ok(out) ? RESULT_OK
			   : error_set(err, ERR_LIMIT, "the numbers of accounts do not fit their answer");
}
