/*
 * Whole apps under golden/apps, each with what is found wrong with it; the clean one is taken through to its
 * lock and its explanation. contract.json stands for what the TypeScript compiler would print.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "app/contract/explain.h"
#include "app/lock/lock.h"
#include "golden.h"

static const char *golden_dir;

struct fixture {
	char dir[512];
	struct app app;
	struct diagnostics diagnostics;
	struct error err;
	struct buf json;
	struct arena arena;
	struct app_contract contract;
	result loaded, resolved;
};

static void open_app(struct fixture *f, const char *name)
{
	*f = (struct fixture){.json = BUF_INIT(1u << 20)};
	(void)snprintf(f->dir, sizeof f->dir, "%s/apps/%s", golden_dir, name);
	diagnostics_init(&f->diagnostics);
	arena_init(&f->arena, 64u << 20);
	f->loaded = app_load(f->dir, NULL, &f->diagnostics, &f->err, &f->app);
}

static void resolve_app(struct fixture *f)
{
	char stem[600];
	(void)snprintf(stem, sizeof stem, "%s/contract", f->dir);
	char *text = golden_read(stem, ".json");
	f->resolved = app_resolve(&f->app, slice_cstr(text), &f->diagnostics, &f->err, &f->json);
	free(text);
	if (is_ok(f->resolved))
		assert_true(is_ok(app_contract_parse(buf_slice(&f->json), &f->arena, &f->err, &f->contract)));
}

static void compare_findings(struct fixture *f)
{
	char stem[600];
	CLEANUP_BUF struct buf shown = BUF_INIT(1u << 20);
	struct app_sources sources = {.dir = f->dir};
	arena_init(&sources.arena, 16u << 20);
	const struct source_reader reader = {app_source_read, &sources};
	diagnostics_sort(&f->diagnostics);
	diagnostics_print(&f->diagnostics, &reader, false, &shown);
	(void)snprintf(stem, sizeof stem, "%s/expected", f->dir);
	golden_compare(stem, ".txt", &shown);
	arena_done(&sources.arena);
}

static void close_app(struct fixture *f)
{
	app_done(&f->app);
	diagnostics_done(&f->diagnostics);
	buf_done(&f->json);
	arena_done(&f->arena);
}

static void crossed_names_are_found(void **state)
{
	struct fixture f;
	(void)state;
	open_app(&f, "crossed");
	assert_int_equal(f.loaded.code, ERR_INVALID);
	compare_findings(&f);
	close_app(&f);
}

static void queries_need_a_database(void **state)
{
	struct fixture f;
	(void)state;
	open_app(&f, "nodb");
	assert_int_equal(f.loaded.code, ERR_INVALID);
	compare_findings(&f);
	close_app(&f);
}

static void a_postgres_app_needs_its_url(void **state)
{
	struct fixture f;
	(void)state;
	open_app(&f, "postgres");
	assert_int_equal(f.loaded.code, ERR_INVALID);
	compare_findings(&f);
	close_app(&f);
}

static void types_are_checked_when_resolved(void **state)
{
	struct fixture f;
	(void)state;
	open_app(&f, "resolve");
	assert_true(is_ok(f.loaded));
	resolve_app(&f);
	assert_int_equal(f.resolved.code, ERR_INVALID);
	compare_findings(&f);
	close_app(&f);
}

static void missing_app_is_an_error(void **state)
{
	struct fixture f;
	(void)state;
	open_app(&f, "nowhere");
	assert_false(is_ok(f.loaded));
	close_app(&f);
}

static void clean_app_is_locked_and_explained(void **state)
{
	struct fixture f;
	char stem[600];
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	struct slice nearest;
	(void)state;
	open_app(&f, "clean");
	if (!is_ok(f.loaded))
		compare_findings(&f);
	resolve_app(&f);
	compare_findings(&f);
	assert_true(is_ok(f.resolved));
	assert_true(is_ok(lock_write(&f.contract, &text, &f.err)));
	(void)snprintf(stem, sizeof stem, "%s/ward", f.dir);
	golden_compare(stem, ".lock", &text);
	buf_clear(&text);
	for (size_t i = 0; i < f.contract.function_count; i++)
		assert_true(is_ok(explain_function(&f.contract, &f.contract.functions[i], &text, &f.err)));
	assert_int_equal(explain_who(&f.contract, SLICE("visits.reason"), &text, &nearest), 2);
	assert_null(nearest.ptr);
	assert_int_equal(explain_who(&f.contract, SLICE("visits.raeson"), &text, &nearest), 1);
	assert_true(slice_eq_cstr(nearest, "reason"));
	assert_int_equal(explain_who(&f.contract, SLICE("visit"), &text, &nearest), 0);
	assert_true(slice_eq_cstr(nearest, "visits"));
	(void)snprintf(stem, sizeof stem, "%s/explained", f.dir);
	golden_compare(stem, ".txt", &text);
	/* The committed lock grants exactly this. */
	assert_true(is_ok(lock_check(f.dir, &f.contract, LOCK_HOLD_FROZEN, &f.diagnostics, &f.err)));
	assert_int_equal(f.diagnostics.errors, 0);
	close_app(&f);
}

/* "Adding one column to a query changes one line of ward.lock and fails with a message naming function and
 * column." */
static void one_more_column_is_one_line_and_one_finding(void **state)
{
	struct fixture f;
	CLEANUP_BUF struct buf before = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf after = BUF_INIT(1u << 20);
	(void)state;
	open_app(&f, "clean");
	resolve_app(&f);
	assert_true(is_ok(lock_write(&f.contract, &before, &f.err)));
	/* TakeSlot now also reads a doctor's name. */
	size_t at = 0;
	while (at < f.contract.query_count && !slice_eq_cstr(f.contract.queries[at].name, "TakeSlot"))
		at++;
	assert_true(at < f.contract.query_count);
	struct sql_query *q = &f.contract.queries[at];
	struct sql_grant *grants = calloc(q->grant_count + 1, sizeof *grants);
	assert_non_null(grants);
	memcpy(grants, q->grants, q->grant_count * sizeof *grants);
	grants[q->grant_count] =
	    (struct sql_grant){.table = SLICE("doctors"), .column = SLICE("name"), .operation = SQL_READ};
	q->grants = grants;
	q->grant_count++;
	qsort(grants, q->grant_count, sizeof *grants, sql_grant_cmp);
	assert_true(is_ok(lock_write(&f.contract, &after, &f.err)));
	size_t differing = 0;
	struct slice a = buf_slice(&before), b = buf_slice(&after);
	while (a.ptr && b.ptr)
		differing += !slice_eq(slice_cut(&a, '\n'), slice_cut(&b, '\n'));
	assert_true(!a.ptr && !b.ptr);
	assert_int_equal(differing, 1);
	assert_true(is_ok(lock_check(f.dir, &f.contract, LOCK_HOLD_FROZEN, &f.diagnostics, &f.err)));
	assert_int_equal(f.diagnostics.errors, 1);
	assert_string_equal(f.diagnostics.items[0].code.ptr, "lock-grows");
	assert_string_equal(
	    f.diagnostics.items[0].message.ptr, "bookVisit may now also read doctors.name, by TakeSlot");
	free(grants);
	close_app(&f);
}

/* app.json read and written again is the same text: nothing of a contract is lost on the way. */
static void contract_survives_both_ways(void **state)
{
	struct fixture f;
	CLEANUP_BUF struct buf again = BUF_INIT(1u << 20);
	(void)state;
	open_app(&f, "clean");
	resolve_app(&f);
	app_contract_json(&f.contract, &again);
	assert_true(slice_eq(buf_slice(&f.json), buf_slice(&again)));
	close_app(&f);
}

/* What a worker gets: its own function and queries, no SQL, and types that agree with everybody's. */
static void worker_contract_is_its_own_only(void **state)
{
	struct fixture f;
	(void)state;
	open_app(&f, "clean");
	resolve_app(&f);
	for (size_t i = 0; i < f.contract.function_count; i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
		struct app_contract own;
		struct type_set *here, *there;
		const struct type *type;
		app_contract_function_json(&f.contract, i, &text);
		assert_null(memmem(text.ptr, text.len, "SELECT", 6));
		assert_null(memmem(text.ptr, text.len, "grants", 6));
		assert_true(is_ok(app_contract_parse(buf_slice(&text), &f.arena, &f.err, &own)));
		assert_int_equal(own.function_count, 1);
		assert_int_equal(own.query_count, f.contract.functions[i].query_count);
		assert_true(is_ok(app_type_set(&f.contract.functions[i], &f.err, &here)));
		assert_true(is_ok(app_type_set(&own.functions[0], &f.err, &there)));
		assert_int_equal(type_set_name_count(here), type_set_name_count(there));
		for (size_t n = 0; n < type_set_name_count(here); n++)
			assert_true(slice_eq(type_set_name(here, n), type_set_name(there, n)));
		assert_int_equal(type_set_label_count(here), type_set_label_count(there));
		for (size_t n = 0; n < type_set_label_count(here); n++)
			assert_true(
			    slice_eq(type_set_label(here, n, &type), type_set_label(there, n, &type)));
		type_set_free(here);
		type_set_free(there);
	}
	close_app(&f);
}

static void policy_names_only_what_the_page_needs(void **state)
{
	struct fixture f;
	CLEANUP_BUF struct buf csp = BUF_INIT(16384);
	(void)state;
	open_app(&f, "clean");
	resolve_app(&f);
	app_csp(&f.contract, &csp);
	assert_string_equal(buf_cstr(&csp),
	    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
	    "font-src 'self'; media-src 'self'; connect-src 'self'; manifest-src 'self'; "
	    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
	close_app(&f);
}

int main(int argc, char **argv)
{
	golden_dir = argc > 1 ? argv[1] : "golden";
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(crossed_names_are_found),
	    cmocka_unit_test(queries_need_a_database),
	    cmocka_unit_test(a_postgres_app_needs_its_url),
	    cmocka_unit_test(types_are_checked_when_resolved),
	    cmocka_unit_test(missing_app_is_an_error),
	    cmocka_unit_test(clean_app_is_locked_and_explained),
	    cmocka_unit_test(one_more_column_is_one_line_and_one_finding),
	    cmocka_unit_test(contract_survives_both_ways),
	    cmocka_unit_test(worker_contract_is_its_own_only),
	    cmocka_unit_test(policy_names_only_what_the_page_needs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
