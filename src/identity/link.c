/* Identities elsewhere. Called by the store's thread after the identity has been proved. */
#include "identity/link.h"

#include "identity/internal.h"

result link_find(struct identity_store *store, struct slice provider, struct slice subject, struct error *err,
    int64_t *ret_user_row)
{
	CLEANUP_QUERY struct query q = {0};
	result r =
	    query_first(store, ST_LINK_FIND, SQL_ARGS(SQL_SLICE(provider), SQL_SLICE(subject)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return error_set(err, ERR_NOT_FOUND, "no account is tied to this identity");
	TRY(r);
	*ret_user_row = sqlite3_column_int64(q.st, 0);
	return RESULT_OK;
}

result link_add(struct identity_store *store, int64_t user_row, struct slice provider, struct slice subject,
    int64_t now_ms, struct error *err)
{
	int64_t owner = 0;
	if (provider.len > LINK_PROVIDER_MAX || subject.len == 0 || subject.len > LINK_SUBJECT_MAX)
		return error_set(err, ERR_INVALID, "the identity has a name of the wrong length");
	result r = link_find(store, provider, subject, err, &owner);
	if (is_ok(r))
		return owner == user_row
			   ? RESULT_OK
			   : error_set(err, ERR_CONFLICT, "this identity belongs to another account");
	if (r.code != ERR_NOT_FOUND)
		return r;
	return store_run(store, ST_LINK_INSERT,
	    SQL_ARGS(SQL_SLICE(provider), SQL_SLICE(subject), SQL_INT(user_row), SQL_INT(now_ms)), err, NULL);
}

result link_remove(struct identity_store *store, int64_t user_row, struct slice provider,
    struct slice subject, struct error *err)
{
	int changed = 0;
	TRY(store_run(store, ST_LINK_DELETE,
	    SQL_ARGS(SQL_INT(user_row), SQL_SLICE(provider), SQL_SLICE(subject)), err, &changed));
	return changed ? RESULT_OK : error_set(err, ERR_NOT_FOUND, "there is no such identity");
}

result link_list(struct identity_store *store, int64_t user_row, struct link_row *rows, size_t room,
    struct error *err, size_t *ret_count)
{
	size_t count = 0;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_LINK_LIST, SQL_ARGS(SQL_INT(user_row)), err, &q));
	while (count < room) {
		bool row = false;
		TRY(query_next(store, &q, err, &row));
		if (!row)
			break;
		column_copy(&q, 0, rows[count].provider, sizeof rows[count].provider);
		column_copy(&q, 1, rows[count].subject, sizeof rows[count].subject);
		rows[count].created_ms = sqlite3_column_int64(q.st, 2);
		count++;
	}
	*ret_count = count;
	return RESULT_OK;
}
