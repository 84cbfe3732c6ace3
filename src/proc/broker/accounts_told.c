/*
 * What operators see of accounts: numbers, never an account, and the audit log. The gateway has made sure that an operator asks.
 */
#include <stdlib.h>

#include "app/contract/json_write.h"
#include "base/check.h"
#include "http/target.h"
#include "identity/audit.h"
#include "proc/broker/accounts.h"

#define LIMIT 100u
#define MINUTE_MS 60000

/* Which events are counted, and as what. */
static const struct {
	enum identity_event_kind kind;
	const char *name;
} counted[TALLY_COUNT] = {
    [TALLY_SIGNED_IN] = {IDENTITY_SIGNED_IN, "signed_in"},
    [TALLY_REFUSED] = {IDENTITY_SIGN_IN_REFUSED, "refused"},
    [TALLY_DELAYED] = {IDENTITY_DELAYED, "delayed"},
    [TALLY_SIGNED_UP] = {IDENTITY_SIGNED_UP, "signed_up"},
};

void accounts_tally(struct account_service *a, enum identity_event_kind kind, int64_t now_ms)
{
	const int64_t minute = now_ms / MINUTE_MS;
	struct account_minute *m = &a->tally.minutes[minute % TALLY_MINUTES];
	if (kind == IDENTITY_STUFFING || kind == IDENTITY_STUFFING_ENDED)
		a->tally.stuffing = kind == IDENTITY_STUFFING;
	for (unsigned i = 0; i < TALLY_COUNT; i++) {
		if (counted[i].kind != kind)
			continue;
		if (m->minute != minute)
			*m = (struct account_minute){.minute = minute};
		m->of[i]++;
		a->tally.total[i]++;
	}
}

static void write_minutes(const struct account_service *a, int64_t now_ms, struct json_writer *w)
{
	const int64_t last = now_ms / MINUTE_MS;
	json_key(w, SLICE("minutes"));
	json_begin(w, '{');
	json_key(w, SLICE("time_s"));
	json_begin(w, '[');
	for (int64_t minute = last - TALLY_MINUTES + 1; minute <= last; minute++)
		json_uint(w, (uint64_t)minute * 60);
	json_end(w, ']');
	for (unsigned i = 0; i < TALLY_COUNT; i++) {
		json_key(w, slice_cstr(counted[i].name));
		json_begin(w, '[');
		for (int64_t minute = last - TALLY_MINUTES + 1; minute <= last; minute++) {
			const struct account_minute *m = &a->tally.minutes[minute % TALLY_MINUTES];
			json_uint(w, m->minute == minute ? m->of[i] : 0);
		}
		json_end(w, ']');
	}
	json_end(w, '}');
}

static result write_numbers(const struct account_service *a, int64_t now_ms, struct error *err, struct buf *out)
{
	struct json_writer w = {.out = out};
	struct identity_counts c;
	TRY(identity_counts(a->store, err, &c));
	json_begin(&w, '{');
	json_member_uint(&w, "users", c.users);
	json_member_uint(&w, "disabled", c.disabled);
	json_member_uint(&w, "sessions", c.sessions);
	json_member_uint(&w, "with_second_factor", c.with_second_factor);
	json_member_uint(&w, "passkeys", c.passkeys);
	json_member_uint(&w, "api_keys", c.api_keys);
	json_member_uint(&w, "since_ms", (uint64_t)a->tally.since_ms);
	for (unsigned i = 0; i < TALLY_COUNT; i++)
		json_member_uint(&w, counted[i].name, a->tally.total[i]);
	json_key(&w, SLICE("stuffing"));
	json_bool(&w, a->tally.stuffing);
	write_minutes(a, now_ms, &w);
	json_end(&w, '}');
	return RESULT_OK;
}

static uint64_t number_of(struct slice query, const char *name, uint64_t otherwise)
{
	struct slice key, value;
	uint64_t number;
	while (http_query_next(&query, &key, &value))
		if (slice_eq_cstr(key, name) && slice_to_u64(value, &number))
			return number;
	return otherwise;
}

result accounts_told(
    const struct account_service *a, struct slice path, struct slice query, int64_t now_ms, struct error *err, struct buf *out)
{
	if (slice_ends(path, SLICE("/identity")))
		return write_numbers(a, now_ms, err, out);
	const uint64_t limit = number_of(query, "limit", LIMIT), before = number_of(query, "before", 0);
	return audit_json(a->store, before > INT64_MAX ? 0 : (int64_t)before, limit > AUDIT_PAGE_MAX ? AUDIT_PAGE_MAX : (size_t)limit,
	    out, err);
}
