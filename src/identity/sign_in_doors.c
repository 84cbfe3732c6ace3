/* Where a try at a password counts, and how long it waits there. Called by sign_in.c on the store's thread.
 */
#include "identity/sign_in_doors.h"

#include "identity/internal.h"

#define PLACE_KNOWN_MS (60ll * 24 * 60 * 60 * 1000) /* a place its owner used within 60 days */

/* The keys that a try counts under. A place the owner has used before is not held up by what happens
 * elsewhere. */
struct door {
	enum throttle_kind kind;
	struct slice key;
};
#define DOORS_MAX 4u

static size_t doors_of(const struct sign_in *s, struct door doors[DOORS_MAX])
{
	size_t count = 0;
	doors[count++] = (struct door){THROTTLE_PAIR, slice_cstr(s->pair)};
	if (s->known_place)
		return count;
	doors[count++] = (struct door){THROTTLE_ACCOUNT, slice_cstr(s->email)};
	doors[count++] = (struct door){THROTTLE_ADDRESS, slice_cstr(s->address)};
	doors[count++] = (struct door){THROTTLE_BLOCK, slice_cstr(s->block)};
	return count;
}

result sign_in_place_known(struct identity_store *store, int64_t user_row, const char *block, int64_t now_ms,
    struct error *err, bool *ret_known)
{
	CLEANUP_QUERY struct query q = {0};
	result r = query_first(store, ST_PLACE_KNOWN,
	    SQL_ARGS(SQL_INT(user_row), SQL_TEXT(block), SQL_INT(now_ms - PLACE_KNOWN_MS)), err, &q);
	if (!is_ok(r) && r.code != ERR_NOT_FOUND)
		return r;
	*ret_known = is_ok(r);
	return RESULT_OK;
}

/* Waits are looked at before any is counted: a try that is held up costs nothing more. */
int64_t sign_in_pass_doors(struct identity_store *store, const struct sign_in *s, int64_t now_ms)
{
	struct door doors[DOORS_MAX];
	size_t count = doors_of(s, doors);
	int64_t longest_ms = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t wait_ms = throttle_wait_ms(store->throttle, doors[i].kind, doors[i].key, now_ms);
		longest_ms = wait_ms > longest_ms ? wait_ms : longest_ms;
	}
	for (size_t i = 0; i < count && longest_ms == 0; i++)
		throttle_count(store->throttle, doors[i].kind, doors[i].key, now_ms);
	return longest_ms;
}

/* A right password clears the pair and takes its own try back elsewhere: it does not wash others' failures
 * away. */
void sign_in_forgive(struct identity_store *store, const struct sign_in *s)
{
	throttle_clear(store->throttle, THROTTLE_PAIR, slice_cstr(s->pair));
	throttle_forgive(store->throttle, THROTTLE_ACCOUNT, slice_cstr(s->email));
	throttle_forgive(store->throttle, THROTTLE_ADDRESS, slice_cstr(s->address));
	throttle_forgive(store->throttle, THROTTLE_BLOCK, slice_cstr(s->block));
}
