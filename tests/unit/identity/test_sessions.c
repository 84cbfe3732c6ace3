/* Sessions and accounts: theft in its usual forms first, then limits, lists, roles and tenants. */
#include "harness.h"
#include "identity/factor.h"

#include <stdio.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>

#define EMAIL "rosalind@example.org"
#define PASSWORD "a quiet harbour"

static struct sign_in_outcome signed_up(struct harness *h)
{
	struct sign_in_outcome out;
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, &out), ERR_NONE);
	return out;
}

static enum err_code look(struct harness *h, const struct session_token *token, int64_t now_ms)
{
	struct session_claim claim;
	return identity_session_lookup(h->store, slice_cstr(token->text), now_ms, NULL, &claim).code;
}

static void the_file_is_private_and_holds_no_token(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	struct stat st;
	char bytes[1 << 16];
	assert_int_equal(stat(h->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	char path[80];
	(void)snprintf(path, sizeof path, "%s-wal", h->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t got;
	bool hash_seen = false;
	while ((got = fread(bytes, 1, sizeof bytes, f)) > 0) {
		assert_null(memmem(bytes, got, out.token.text, SESSION_TOKEN_CHARS));
		assert_null(memmem(bytes, got, PASSWORD, strlen(PASSWORD)));
		hash_seen = hash_seen || memmem(bytes, got, out.claim.hash, 8);
	}
	(void)fclose(f);
	assert_true(hash_seen);
}

static void a_session_says_who(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	struct session_claim claim;
	assert_int_equal(strlen(out.token.text), SESSION_TOKEN_CHARS);
	assert_ok(identity_session_lookup(h->store, slice_cstr(out.token.text), T0 + 1, NULL, &claim));
	assert_string_equal(claim.email, EMAIL);
	assert_int_equal(strlen(claim.user), USER_ID_CHARS);
	assert_int_equal(claim.methods, METHOD_PASSWORD);
	assert_int_equal(claim.authenticated_ms, T0);
	harness_reopen(h);
	assert_int_equal(look(h, &out.token, T0 + 2), ERR_NONE);
}

static void a_forged_token_is_refused(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	struct session_claim claim;
	struct session_token forged = out.token;
	forged.text[20] = forged.text[20] == 'A' ? 'B' : 'A';
	assert_int_equal(look(h, &forged, T0), ERR_DENIED);
	static const char *const no_tokens[] = {
	    "", "x", "' OR 1=1 --", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	for (size_t i = 0; i < 4; i++)
		assert_code(identity_session_lookup(h->store, slice_cstr(no_tokens[i]), T0, NULL, &claim),
		    ERR_DENIED);
	/* The hash, as a thief of the file has it, is no token. */
	assert_code(
	    identity_session_lookup(h->store, slice_of((const char *)out.claim.hash, 32), T0, NULL, &claim),
	    ERR_DENIED);
}

static void replay_after_sign_out_is_refused(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	const struct identity_caller caller = caller_at("192.0.2.1", T0 + 5);
	assert_ok(identity_sign_out(h->store, slice_cstr(out.token.text), &caller, NULL));
	assert_int_equal(look(h, &out.token, T0 + 6), ERR_DENIED);
	assert_int_equal(h->heard.dropped, 1);
	assert_memory_equal(h->heard.last_dropped, out.claim.hash, SESSION_HASH_BYTES);
	assert_code(identity_sign_out(h->store, slice_cstr(out.token.text), &caller, NULL), ERR_DENIED);
	harness_reopen(h);
	assert_int_equal(look(h, &out.token, T0 + 7), ERR_DENIED);
}

static void replay_after_rotation_is_refused(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	struct session_token fresh;
	struct session_claim claim;
	assert_ok(session_rotate(h->store, &out.claim, METHOD_TOTP, true, T0 + MINUTE, NULL, &fresh, &claim));
	assert_int_equal(look(h, &out.token, T0 + MINUTE), ERR_DENIED);
	assert_int_equal(look(h, &fresh, T0 + MINUTE), ERR_NONE);
	assert_int_equal(claim.methods, METHOD_PASSWORD | METHOD_TOTP);
	assert_true(claim.mfa);
	assert_int_equal(claim.authenticated_ms, T0 + MINUTE);
	assert_int_equal(claim.created_ms, T0);
	assert_memory_equal(h->heard.last_dropped, out.claim.hash, SESSION_HASH_BYTES);
	/* Rotating twice from the same old claim, as two requests at once might. */
	assert_code(
	    session_rotate(h->store, &out.claim, 0, false, T0 + MINUTE, NULL, &fresh, &claim), ERR_DENIED);
}

/* Another session of the account, proved by these methods. */
static struct session_token beside(struct harness *h, int64_t user_row, uint32_t methods, bool mfa)
{
	struct session_token token;
	struct session_claim claim;
	const struct identity_caller caller = caller_at("192.0.2.77", T0);
	assert_ok(session_start(h->store, user_row, methods, mfa, &caller, NULL, &token, &claim));
	return token;
}

static bool is_raised(struct harness *h, const struct session_token *token)
{
	struct session_claim claim;
	assert_ok(session_lookup(h->store, slice_cstr(token->text), T0 + 1, NULL, &claim));
	return claim.mfa;
}

static void a_removed_factor_lowers_what_it_raised(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	const int64_t row = out.claim.user_row;
	const struct session_token app = beside(h, row, METHOD_PASSWORD | METHOD_TOTP, true);
	const struct session_token recovered = beside(h, row, METHOD_PASSWORD | METHOD_RECOVERY, true);
	const struct session_token passkey = beside(h, row, METHOD_PASSKEY, true);
	const struct session_token both = beside(h, row, METHOD_PASSKEY | METHOD_TOTP, true);
	struct sign_in_outcome other;
	assert_int_equal(
	    sign_up_from(h, "other@example.org", "another harbour", "192.0.2.9", T0, &other), ERR_NONE);
	const struct session_token stranger =
	    beside(h, other.claim.user_row, METHOD_PASSWORD | METHOD_TOTP, true);

	h->heard.dropped = 0;
	assert_ok(sessions_lower(h->store, row, METHOD_PASSKEY, METHOD_TOTP | METHOD_RECOVERY, NULL));
	assert_false(is_raised(h, &passkey));
	assert_true(is_raised(h, &both)); /* the app proved it too, and is still there */
	assert_true(is_raised(h, &app));
	assert_int_equal(h->heard.dropped, 2); /* what gateways keep about them is forgotten */

	h->heard.dropped = 0;
	assert_ok(totp_remove(h->store, &out.claim, NULL));
	assert_false(is_raised(h, &app));
	assert_false(is_raised(h, &recovered));
	assert_false(is_raised(h, &both));
	assert_int_equal(h->heard.dropped, 3);
	assert_true(is_raised(h, &stranger));
}

static void fixation_gives_no_session(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome planted = signed_up(h), own;
	/* The attacker's own token in the victim's browser: signing in makes a new one and leaves that alone.
	 */
	assert_int_equal(
	    sign_up_from(h, "victim@example.org", "another harbour", "192.0.2.9", T0, &own), ERR_NONE);
	assert_string_not_equal(planted.token.text, own.token.text);
	struct session_claim claim;
	assert_ok(identity_session_lookup(h->store, slice_cstr(planted.token.text), T0 + 1, NULL, &claim));
	assert_string_equal(claim.email, EMAIL);
}

static void a_new_password_ends_the_others(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome here = signed_up(h), there, out;
	struct sign_in s;
	const struct identity_caller caller = caller_at("192.0.2.1", T0 + MINUTE);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "198.51.100.7", T0 + 1, &there), ERR_NONE);
	assert_ok(identity_change_password_begin(
	    h->store, &here.claim, SLICE(PASSWORD), SLICE("a louder harbour"), &caller, NULL, &s));
	password_job_run(&s.job);
	assert_ok(identity_sign_in_finish(h->store, &s, &caller, NULL, &out));
	assert_int_equal(s.job.password_len, 0);
	assert_int_equal(look(h, &there.token, T0 + MINUTE), ERR_DENIED);
	assert_int_equal(look(h, &here.token, T0 + MINUTE), ERR_DENIED);
	assert_int_equal(look(h, &out.token, T0 + MINUTE), ERR_NONE);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0 + MINUTE, NULL), ERR_DENIED);
	assert_int_equal(
	    sign_in_from(h, EMAIL, "a louder harbour", "192.0.2.1", T0 + MINUTE, NULL), ERR_NONE);
}

static void changing_needs_the_present_password_and_the_policy(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome here = signed_up(h), out;
	struct sign_in s;
	const struct identity_caller caller = caller_at("192.0.2.1", T0);
	assert_code(identity_change_password_begin(
			h->store, &here.claim, SLICE(PASSWORD), SLICE("password1"), &caller, NULL, &s),
	    ERR_INVALID);
	assert_ok(identity_change_password_begin(
	    h->store, &here.claim, SLICE("not the one"), SLICE("a louder harbour"), &caller, NULL, &s));
	password_job_run(&s.job);
	assert_code(identity_sign_in_finish(h->store, &s, &caller, NULL, &out), ERR_DENIED);
	assert_int_equal(look(h, &here.token, T0), ERR_NONE);
}

static void idle_and_absolute_limits_hold(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	assert_int_equal(out.claim.expires_ms, T0 + 14 * DAY);
	assert_int_equal(look(h, &out.token, T0 + 14 * DAY - 1), ERR_NONE);
	assert_ok(identity_tick(h->store, T0 + 14 * DAY, NULL)); /* writes that it was seen */
	for (int64_t at = T0 + 20 * DAY; at < T0 + 90 * DAY; at += 10 * DAY) {
		assert_int_equal(look(h, &out.token, at), ERR_NONE);
		assert_ok(identity_tick(h->store, at, NULL));
	}
	assert_int_equal(look(h, &out.token, T0 + 90 * DAY - 1), ERR_NONE);
	assert_int_equal(look(h, &out.token, T0 + 90 * DAY), ERR_DENIED);
	struct sign_in_outcome idle;
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, &idle), ERR_NONE);
	assert_int_equal(look(h, &idle.token, T0 + 14 * DAY), ERR_DENIED);
}

static void the_sweep_removes_the_dead_only(void **state)
{
	struct harness *h = *state;
	struct identity_counts counts;
	struct sign_in_outcome old = signed_up(h), young;
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0 + 10 * DAY, &young), ERR_NONE);
	assert_ok(identity_tick(h->store, T0 + 15 * DAY, NULL));
	assert_ok(identity_counts(h->store, NULL, &counts));
	assert_int_equal(counts.sessions, 1);
	assert_memory_equal(h->heard.last_dropped, old.claim.hash, SESSION_HASH_BYTES);
	assert_int_equal(look(h, &young.token, T0 + 15 * DAY), ERR_NONE);
}

static void sessions_are_listed_and_revoked_by_their_owner_only(void **state)
{
	struct harness *h = *state;
	struct session_row rows[10];
	size_t count;
	struct sign_in_outcome mine = signed_up(h), other, theirs;
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "2001:db8::1", T0 + MINUTE, &other), ERR_NONE);
	assert_int_equal(
	    sign_up_from(h, "mallory@example.org", "another harbour", "192.0.2.9", T0, &theirs), ERR_NONE);
	assert_ok(session_list(h->store, mine.claim.user_row, T0 + MINUTE, rows, 10, NULL, &count));
	assert_int_equal(count, 2);
	assert_string_equal(rows[0].address, "2001:db8::1");
	assert_string_equal(rows[0].agent, "test/1.0");
	assert_code(
	    session_revoke(h->store, theirs.claim.user_row, slice_cstr(rows[0].id), NULL), ERR_NOT_FOUND);
	assert_ok(session_revoke(h->store, mine.claim.user_row, slice_cstr(rows[0].id), NULL));
	assert_int_equal(look(h, &other.token, T0 + MINUTE), ERR_DENIED);
	assert_int_equal(look(h, &mine.token, T0 + MINUTE), ERR_NONE);
}

static void two_hundred_sessions_end_together(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome first = signed_up(h);
	struct session_token token;
	struct session_claim claim;
	size_t ended;
	const struct identity_caller caller = caller_at("192.0.2.1", T0);
	for (int i = 0; i < 200; i++)
		assert_ok(session_start(
		    h->store, first.claim.user_row, METHOD_PASSWORD, false, &caller, NULL, &token, &claim));
	assert_ok(session_end_all(h->store, first.claim.user_row, first.claim.hash, NULL, &ended));
	assert_int_equal(ended, 200);
	assert_int_equal(h->heard.dropped, 200);
	assert_int_equal(look(h, &first.token, T0), ERR_NONE);
	assert_int_equal(look(h, &token, T0), ERR_DENIED);
}

static void disabling_and_roles_end_sessions(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	assert_ok(user_set_roles(h->store, out.claim.user_row, SLICE("admin editor"), NULL));
	assert_int_equal(look(h, &out.token, T0), ERR_DENIED);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, &out), ERR_NONE);
	assert_string_equal(out.claim.role, "admin");
	assert_string_equal(out.claim.roles, "admin editor");
	assert_ok(user_set_status(h->store, out.claim.user_row, USER_DISABLED, NULL));
	assert_int_equal(look(h, &out.token, T0), ERR_DENIED);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_DENIED);
	static const char *const wrong[] = {"Admin", "a b a", "a  b", " a", "a'", "a\nb"};
	for (size_t i = 0; i < 6; i++)
		assert_code(
		    user_set_roles(h->store, out.claim.user_row, slice_cstr(wrong[i]), NULL), ERR_INVALID);
}

static void a_tenant_is_for_its_members(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	struct session_token token;
	struct session_claim claim;
	assert_code(
	    session_choose_tenant(h->store, &out.claim, SLICE("acme"), T0, NULL, &token, &claim), ERR_DENIED);
	assert_ok(tenant_join(h->store, out.claim.user_row, SLICE("acme"), SLICE("owner"), NULL));
	assert_ok(session_choose_tenant(h->store, &out.claim, SLICE("acme"), T0, NULL, &token, &claim));
	assert_string_equal(claim.tenant, "acme");
	assert_string_equal(claim.role, "owner");
	assert_string_equal(claim.roles, "owner");
	assert_int_equal(look(h, &out.token, T0), ERR_DENIED);
	assert_ok(tenant_leave(h->store, out.claim.user_row, SLICE("acme"), NULL));
	assert_int_equal(look(h, &token, T0), ERR_DENIED);
	assert_code(tenant_join(h->store, 999999, SLICE("acme"), SLICE(""), NULL), ERR_NOT_FOUND);
}

static void one_is_in_a_tenant_what_one_was_let_in_as(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	struct session_token token;
	struct session_claim claim;
	const int64_t row = out.claim.user_row;
	assert_ok(user_set_roles(h->store, row, SLICE("member admin"), NULL));
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, &out), ERR_NONE);
	assert_ok(tenant_join(h->store, row, SLICE("acme"), SLICE(""), NULL));
	assert_ok(tenant_join(h->store, row, SLICE("bolt"), SLICE("guest"), NULL));
	assert_ok(session_choose_tenant(h->store, &out.claim, SLICE("acme"), T0, NULL, &token, &claim));
	assert_string_equal(claim.roles, "member admin");
	assert_ok(session_choose_tenant(h->store, &claim, SLICE("bolt"), T0, NULL, &token, &claim));
	assert_string_equal(claim.role, "guest");
	assert_string_equal(claim.roles, "guest");
}

/* What `ward user` does beside a ward that runs. */
static void what_another_process_changes_is_noticed(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	struct identity_store *other = NULL;
	const struct identity_options options = {
	    .path = h->path, .cost = {.passes = 1, .memory_kib = 64}, .cheap_hashes_for_tests = true};
	assert_int_equal(look(h, &out.token, T0), ERR_NONE);
	assert_ok(identity_tick(h->store, T0, NULL));
	assert_int_equal(h->heard.changed, 0);
	assert_ok(identity_open(&options, NULL, &other));
	assert_ok(user_set_roles(other, out.claim.user_row, SLICE("admin"), NULL));
	assert_ok(identity_tick(h->store, T0 + 1000, NULL));
	assert_int_equal(h->heard.changed, 1);
	assert_int_equal(look(h, &out.token, T0 + 1000), ERR_DENIED);
	assert_ok(identity_tick(h->store, T0 + 2000, NULL));
	assert_int_equal(h->heard.changed, 1);
	identity_close(other);
}

static void a_deleted_account_leaves_nothing(void **state)
{
	struct harness *h = *state;
	struct sign_in_outcome out = signed_up(h);
	struct identity_counts counts;
	assert_ok(user_delete(h->store, out.claim.user_row, NULL));
	assert_int_equal(h->heard.dropped, 1); /* gateways are told */
	assert_int_equal(look(h, &out.token, T0), ERR_DENIED);
	assert_ok(identity_counts(h->store, NULL, &counts));
	assert_int_equal(counts.users, 0);
	assert_int_equal(counts.sessions, 0);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_DENIED);
	struct sign_in_outcome again = signed_up(h);
	assert_string_not_equal(again.claim.user, out.claim.user);
	assert_true(again.claim.user_row > out.claim.user_row);
}

static void an_imported_hash_is_replaced_at_the_first_sign_in(void **state)
{
	struct harness *h = *state;
	struct user u;
	sqlite3 *db;
	sqlite3_stmt *st;
	const struct new_user fields = {.email = EMAIL,
	    .password_hash = "$2b$06$abcdefghijklmnopqrstuuwIbyt2gf0rifRsaTFiUYxIYIrytOvI6",
	    .status = USER_ACTIVE};
	assert_ok(user_create(h->store, &fields, T0, NULL, &u));
	assert_int_equal(sign_in_from(h, EMAIL, "not this one", "192.0.2.1", T0, NULL), ERR_DENIED);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT password_hash FROM users", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_non_null(strstr((const char *)sqlite3_column_text(st, 0), "$argon2id$"));
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
}

static void a_file_of_a_later_ward_is_left_alone(void **state)
{
	struct harness *h = *state;
	sqlite3 *db;
	identity_close(h->store);
	h->store = NULL;
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1000", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	struct error err = {0};
	assert_code(identity_open(&h->options, &err, &h->store), ERR_INVALID);
	assert_non_null(strstr(err.text, "later ward"));
}

static void a_cheap_cost_needs_to_be_asked_for(void **state)
{
	struct harness *h = *state;
	struct identity_store *store = NULL;
	h->options.cheap_hashes_for_tests = false;
	assert_code(identity_open(&h->options, NULL, &store), ERR_INVALID);
	assert_null(store);
}

int main(void)
{
#define WITH_STORE(f) cmocka_unit_test_setup_teardown(f, harness_up, harness_down)
	const struct CMUnitTest tests[] = {
	    WITH_STORE(the_file_is_private_and_holds_no_token),
	    WITH_STORE(a_session_says_who),
	    WITH_STORE(a_forged_token_is_refused),
	    WITH_STORE(replay_after_sign_out_is_refused),
	    WITH_STORE(replay_after_rotation_is_refused),
	    WITH_STORE(a_removed_factor_lowers_what_it_raised),
	    WITH_STORE(fixation_gives_no_session),
	    WITH_STORE(a_new_password_ends_the_others),
	    WITH_STORE(changing_needs_the_present_password_and_the_policy),
	    WITH_STORE(idle_and_absolute_limits_hold),
	    WITH_STORE(the_sweep_removes_the_dead_only),
	    WITH_STORE(sessions_are_listed_and_revoked_by_their_owner_only),
	    WITH_STORE(two_hundred_sessions_end_together),
	    WITH_STORE(disabling_and_roles_end_sessions),
	    WITH_STORE(a_tenant_is_for_its_members),
	    WITH_STORE(one_is_in_a_tenant_what_one_was_let_in_as),
	    WITH_STORE(what_another_process_changes_is_noticed),
	    WITH_STORE(a_deleted_account_leaves_nothing),
	    WITH_STORE(an_imported_hash_is_replaced_at_the_first_sign_in),
	    WITH_STORE(a_file_of_a_later_ward_is_left_alone),
	    WITH_STORE(a_cheap_cost_needs_to_be_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
