/* The audit log. Called by the store's thread; details may hold what a stranger chose, and are made plain
 * text. */
#include "identity/audit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "identity/internal.h"

#define KEPT_MS (400ll * 24 * 60 * 60 * 1000)
#define APP_ROWS_MAX 200000
#define SWEEP_EVERY_MS (60ll * 60 * 1000)

static const struct {
	const char *name;
	bool kept; /* in the audit log */
} kinds[IDENTITY_EVENT_COUNT] = {
    [IDENTITY_SIGNED_UP] = {"signed_up", true},
    [IDENTITY_SIGNED_IN] = {"signed_in", true},
    [IDENTITY_SIGN_IN_REFUSED] = {"sign_in_refused", false},
    [IDENTITY_DELAYED] = {"sign_in_delayed", false},
    [IDENTITY_SIGNED_OUT] = {"signed_out", true},
    [IDENTITY_PASSWORD_CHANGED] = {"password_changed", true},
    [IDENTITY_FACTOR_CHANGED] = {"factor_changed", true},
    [IDENTITY_ROLES_CHANGED] = {"roles_changed", true},
    [IDENTITY_ACCOUNT_CHANGED] = {"account_changed", true},
    [IDENTITY_STUFFING] = {"credential_stuffing", true},
    [IDENTITY_STUFFING_ENDED] = {"credential_stuffing_ended", true},
    [IDENTITY_CLONED_PASSKEY] = {"cloned_passkey", true},
};

const char *identity_event_name(enum identity_event_kind kind)
{
	return (unsigned)kind < IDENTITY_EVENT_COUNT ? kinds[kind].name : "unknown";
}

/* One line of printable ASCII: a log is read in terminals. */
static struct slice plain(struct slice from, char *room, size_t size)
{
	const size_t n = from.len < size ? from.len : size;
	for (size_t i = 0; i < n; i++)
		room[i] = from.ptr[i] >= 0x20 && from.ptr[i] < 0x7f ? from.ptr[i] : '?';
	return slice_of(room, n);
}

struct audit_row {
	enum user_realm realm;
	const char *kind;
	struct slice user, by, address, detail;
};

static result put(
    struct identity_store *store, const struct audit_row *row, int64_t now_ms, struct error *err)
{
	char user[USER_ID_CHARS], by[AUDIT_NAME_MAX], address[ADDRESS_KEY_MAX], detail[AUDIT_DETAIL_MAX];
	return store_run(store, ST_AUDIT_INSERT,
	    SQL_ARGS(SQL_INT(now_ms), SQL_INT(row->realm), SQL_TEXT(row->kind),
		SQL_SLICE(plain(row->user, user, sizeof user)), SQL_SLICE(plain(row->by, by, sizeof by)),
		SQL_SLICE(plain(row->address, address, sizeof address)),
		SQL_SLICE(plain(row->detail, detail, sizeof detail))),
	    err, NULL);
}

result audit_act(struct identity_store *store, struct slice by, struct slice address, struct slice detail,
    int64_t now_ms, struct error *err)
{
	const struct audit_row row = {
	    .realm = REALM_OPERATOR, .kind = "act", .by = by, .address = address, .detail = detail};
	return put(store, &row, now_ms, err);
}

void audit_acting(struct identity_store *store, const char *by, enum user_realm realm, int64_t now_ms)
{
	(void)snprintf(store->acting, sizeof store->acting, "%s", by);
	store->acting_realm = realm;
	store->now_ms = now_ms;
}

void audit_event(
    struct identity_store *store, const struct identity_event *event, const struct identity_caller *caller)
{
	const struct audit_row row = {.realm = caller ? caller->realm : store->acting_realm,
	    .kind = identity_event_name(event->kind),
	    .user = slice_cstr(event->user),
	    .by = slice_cstr(store->acting),
	    .address = event->address,
	    .detail = slice_cstr(event->detail)};
	/* In the transaction of what happened, where there is one: a store that cannot write keeps neither.
	 */
	if (kinds[event->kind].kept)
		ignore_result(put(store, &row, caller ? caller->now_ms : store->now_ms, NULL));
}

static json_t *row_json(const struct query *q)
{
	static const char *const texts[] = {"kind", "user", "by", "address", "detail"};
	json_t *row = json_object();
	(void)json_object_set_new(row, "id", json_integer(sqlite3_column_int64(q->st, 0)));
	(void)json_object_set_new(row, "time_ms", json_integer(sqlite3_column_int64(q->st, 1)));
	(void)json_object_set_new(
	    row, "realm", json_string(sqlite3_column_int(q->st, 2) == REALM_OPERATOR ? "operator" : "app"));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char text[AUDIT_DETAIL_MAX + 1];
		column_copy(q, 3 + (int)i, text, sizeof text);
		(void)json_object_set_new(row, texts[i], json_string(text));
	}
	return row;
}

static result collect(struct identity_store *store, int64_t before, size_t limit, json_t *events,
    struct error *err, bool *ret_more)
{
	bool row = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_AUDIT_LIST,
	    SQL_ARGS(SQL_INT(before > 0 ? before : INT64_MAX), SQL_INT(limit + 1)), err, &q));
	for (size_t i = 0; i < limit; i++) {
		TRY(query_next(store, &q, err, &row));
		if (!row)
			break;
		(void)json_array_append_new(events, row_json(&q));
	}
	if (row)
		TRY(query_next(store, &q, err, &row));
	*ret_more = row;
	return RESULT_OK;
}

result audit_json(
    struct identity_store *store, int64_t before, size_t limit, struct buf *out, struct error *err)
{
	bool more = false;
	json_t *events = json_array();
	result r =
	    collect(store, before, limit < AUDIT_PAGE_MAX ? limit : AUDIT_PAGE_MAX, events, err, &more);
	json_t *root = json_pack("{s:o,s:b}", "events", events, "more", more);
	char *text = is_ok(r) ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (text)
		buf_add_cstr(out, text);
	free(text);
	TRY(r);
	return buf_ok(out) && text ? RESULT_OK
				   : error_set(err, ERR_LIMIT, "the audit log is too long for one answer");
}

result audit_forget(struct identity_store *store, const char *user, struct error *err)
{
	return store_run(store, ST_AUDIT_FORGET, SQL_ARGS(SQL_TEXT(user)), err, NULL);
}

result audit_sweep(struct identity_store *store, int64_t now_ms, struct error *err)
{
	if (now_ms - store->audit_swept_ms < SWEEP_EVERY_MS)
		return RESULT_OK;
	store->audit_swept_ms = now_ms;
	return store_run(
	    store, ST_AUDIT_SWEEP, SQL_ARGS(SQL_INT(now_ms - KEPT_MS), SQL_INT(APP_ROWS_MAX)), err, NULL);
}
