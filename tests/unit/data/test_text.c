/* Texts: SQL in tokens, dates, names, and the trees of a PostgreSQL server. */
#include "harness.h"

#include <stdio.h>

#include "data/dates.h"
#include "data/postgres/pg_text.h"
#include "data/postgres/pg_tree.h"
#include "data/derive/scan.h"

static const char *tokens(const char *sql, bool postgres)
{
	static const char *const kinds[] = {[SQL_TOKEN_WORD] = "w",
	    [SQL_TOKEN_QUOTED] = "q",
	    [SQL_TOKEN_STRING] = "s",
	    [SQL_TOKEN_NUMBER] = "n",
	    [SQL_TOKEN_PARAM] = "p",
	    [SQL_TOKEN_BAD_PARAM] = "b",
	    [SQL_TOKEN_MARK] = "m",
	    [SQL_TOKEN_COMMENT] = "c",
	    [SQL_TOKEN_BROKEN] = "X"};
	static char text[1000];
	size_t n = 0;
	struct sql_scan scan = {.text = slice_cstr(sql), .postgres = postgres};
	text[0] = '\0';
	for (struct sql_token t = sql_scan_next(&scan); t.kind != SQL_TOKEN_END; t = sql_scan_next(&scan))
		n += (size_t)snprintf(
		    text + n, sizeof text - n, "%s%s{%.*s}", n ? " " : "", kinds[t.kind], SLICE_ARG(t.text));
	return text;
}

static void nothing_is_found_inside_strings_and_comments(void **state)
{
	(void)state;
	assert_string_equal(tokens("SELECT ':a -- x' /* :b */ FROM \"t;\" -- :c\n WHERE x=:d", false),
	    "w{SELECT} s{':a -- x'} c{/* :b */} w{FROM} q{\"t;\"} c{-- :c} w{WHERE} w{x} m{=} p{:d}");
	assert_string_equal(tokens("'it''s' [a]b `c``d` x'0f' 1.5e-3 0x1F a.b", false),
	    "s{'it''s'} q{[a]} w{b} q{`c``d`} s{x'0f'} n{1.5e-3} n{0x1F} w{a} m{.} w{b}");
	assert_string_equal(tokens("?1 ? @x $y :1 ::", false), "b{?1} b{?} b{@x} b{$y} m{:} n{1} m{::}");
	assert_string_equal(tokens("'open", false), "X{'open}");
	assert_string_equal(tokens("a /* open", false), "w{a} X{/* open}");
	assert_string_equal(tokens("\x01 a", false), "X{\x01} w{a}");
	assert_string_equal(tokens("x::text E'a\\'b' $$ :p ; $$ $t$ $$ $t$ /* a /* b */ c */ 1", true),
	    "w{x} m{::} w{text} s{E'a\\'b'} s{$$ :p ; $$} s{$t$ $$ $t$} c{/* a /* b */ c */} n{1}");
	assert_string_equal(tokens("$1 $$open", true), "b{$1} X{$$open}");
	assert_string_equal(tokens("a[1:2]", true), "w{a} m{[} n{1} m{:} n{2} m{]}");
}

static void dates_go_there_and_back(void **state)
{
	static const struct {
		const char *text;
		double ms;
		const char *back;
	} good[] = {{"1970-01-01", 0, "1970-01-01 00:00:00"},
	    {"2026-01-02 03:04:05.678", 1767323045678, "2026-01-02 03:04:05.678"},
	    {"2026-01-02T03:04:05Z", 1767323045000, "2026-01-02 03:04:05"},
	    {"2026-01-02 05:04:05+02", 1767323045000, "2026-01-02 03:04:05"},
	    {"2026-01-01T22:34:05-04:30", 1767323045000, "2026-01-02 03:04:05"},
	    {"1969-12-31 23:59:59.999", -1, "1969-12-31 23:59:59.999"},
	    {"2000-02-29", 951782400000, "2000-02-29 00:00:00"},
	    {"0001-01-01", -62135596800000, "0001-01-01 00:00:00"},
	    {"9999-12-31 23:59:59.999999", 253402300799999, "9999-12-31 23:59:59.999"},
	    {"2026-01-02 03:04", 1767323040000, "2026-01-02 03:04:00"}};
	static const char *const bad[] = {"", "2026", "2026-13-01", "2026-02-29", "2026-1-2",
	    "2026-01-02 25:00", "2026-01-02 03:04:60", "2026-01-02x", "2026-01-02 03:04:05.",
	    "2026-01-02 03:04:05 Z", "2026-01-02 03:04:05+25", "now", "infinity", "0044-03-15 BC",
	    "-001-01-01", "2026-01-02 03:04:05.1234567890"};
	char text[DATE_TEXT_MAX];
	double ms;
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(sql_date_parse(slice_cstr(good[i].text), &ms));
		assert_true(ms == good[i].ms);
		assert_true(sql_date_format(ms, text));
		assert_string_equal(text, good[i].back);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (sql_date_parse(slice_cstr(bad[i]), &ms))
			fail_msg("%s was taken for a date", bad[i]);
	assert_false(sql_date_format(253402300800000, text));
	assert_false(sql_date_format(-62167219200001, text));
	assert_false(sql_date_format(0.0 / 0.0, text));
}

static void names_become_members(void **state)
{
	static const char *const pairs[][2] = {{"order_id", "orderId"}, {"orderId", "orderId"}, {"_x", "_x"},
	    {"a__b", "a_B"}, {"a_", "a_"}, {"a_1", "a1"}, {"URL", "URL"}, {"user_ID", "userID"}};
	char buffer[SQL_MEMBER_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_string_equal(sql_member_name(slice_cstr(pairs[i][0]), buffer).ptr, pairs[i][1]);
}

static void parameters_are_numbered(void **state)
{
	struct sql_param params[] = {{.name = SLICE("id")}, {.name = SLICE("who")}};
	struct slice sql = SLICE("SELECT '\xc3\xa9:id', :who::text FROM t WHERE a = :id AND b=:who -- :id");
	CLEANUP_BUF struct buf out = BUF_INIT(1000);
	(void)state;
	pg_text_translate(sql, params, 2, &out);
	assert_string_equal(
	    buf_cstr(&out), "SELECT '\xc3\xa9:id', $2::text FROM t WHERE a = $1 AND b=$2 -- :id");
	/* The server counts characters of the translation. */
	assert_true(slice_eq_cstr(pg_text_token_at(sql, params, 2, 8), "'\xc3\xa9:id'"));
	assert_true(slice_eq_cstr(pg_text_token_at(sql, params, 2, 16), ":who"));
	assert_true(slice_eq_cstr(pg_text_token_at(sql, params, 2, 38), "a"));
	assert_int_equal(pg_text_token_at(sql, params, 2, 1000).len, 0);
}

static void trees_are_read_by_field(void **state)
{
	struct pg_tree tree = {
	    .rest = SLICE(
		"({QUERY :commandType 1 :rtable ({RTE :alias {ALIAS :aliasname a\\ :relid\\ 9 :colnames <>} "
		":rtekind 0 "
		":relid 42 :relkind r :requiredPerms 6 :checkAsUser 0 :selectedCols (b 8 9) :insertedCols "
		"(b) "
		":updatedCols (b 10 7)} {RTE :relid 43 :requiredPerms 0 :selectedCols (b) :insertedCols (b) "
		":updatedCols (b)}) :targetList ({FUNCEXPR :funcid 870 :args <>} {OPEXPR :opno 96 :opfuncid "
		"65}) :x")};
	struct pg_tree_relation relation;
	uint32_t function;
	int number;
	(void)state;
	assert_true(pg_tree_next(&tree, &relation, &function));
	assert_int_equal(function, 0);
	assert_int_equal(relation.relation, 42);
	assert_int_equal(relation.rights, PG_ACL_SELECT | PG_ACL_UPDATE);
	assert_true(pg_tree_column(&relation.selected, &number) && number == 1);
	assert_true(pg_tree_column(&relation.selected, &number) && number == 2);
	assert_false(pg_tree_column(&relation.selected, &number));
	assert_false(pg_tree_column(&relation.inserted, &number));
	assert_true(pg_tree_column(&relation.updated, &number) && number == 3);
	assert_true(pg_tree_column(&relation.updated, &number) && number == 0);
	assert_true(pg_tree_next(&tree, &relation, &function) && function == 870);
	assert_true(pg_tree_next(&tree, &relation, &function) && function == 65);
	assert_false(pg_tree_next(&tree, &relation, &function));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_found_inside_strings_and_comments),
	    cmocka_unit_test(dates_go_there_and_back),
	    cmocka_unit_test(names_become_members),
	    cmocka_unit_test(parameters_are_numbered),
	    cmocka_unit_test(trees_are_read_by_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
