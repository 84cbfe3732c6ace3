/* Full-text search (FTS5) under the authorizer: its index is other tables, which the grants must name and no
 * more. */
#include "running.h"

static const char schema[] =
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL) STRICT;\n"
    "CREATE VIRTUAL TABLE notes_index USING fts5(title, body, content='notes', content_rowid='id');\n"
    "CREATE VIRTUAL TABLE words USING fts5(word);\n"
    "CREATE TRIGGER notes_added AFTER INSERT ON notes BEGIN INSERT INTO notes_index (rowid, title, body) "
    "VALUES (NEW.id, NEW.title, NEW.body); END;\n"
    "CREATE TRIGGER notes_gone AFTER DELETE ON notes BEGIN INSERT INTO notes_index (notes_index, rowid, "
    "title, body) VALUES ('delete', OLD.id, OLD.title, OLD.body); END;\n"
    "CREATE TABLE secrets (word TEXT);\n";

static const char queries[] =
    "-- name: Add :one\nINSERT INTO notes (title, body) VALUES (:title, :body) RETURNING id;\n"
    "-- name: Drop :exec\nDELETE FROM notes WHERE id = :id;\n"
    "-- name: Search :many\nSELECT n.id, n.title FROM notes_index x JOIN notes n ON n.id = x.rowid WHERE "
    "notes_index MATCH :text ORDER BY x.rank LIMIT 10;\n"
    "-- name: Titles :many\nSELECT title FROM notes_index WHERE notes_index MATCH :text;\n"
    "-- name: Word :exec\nINSERT INTO words (word) VALUES (:word);\n"
    "-- name: Words :many\nSELECT word, highlight(words, 0, '<', '>') AS shown FROM words WHERE word MATCH "
    ":text;\n";

static void search_works(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	assert_string_equal(run(&r, "Add", "{\"title\":\"a lamp\",\"body\":\"of brass\"}"), "{\"id\":1}");
	assert_string_equal(run(&r, "Add", "{\"title\":\"a tray\",\"body\":\"of oak\"}"), "{\"id\":2}");
	assert_string_equal(run(&r, "Search", "{\"text\":\"brass\"}"), "[{\"id\":1,\"title\":\"a lamp\"}]");
	assert_string_equal(run(&r, "Drop", "{\"id\":1}"), "{\"changes\":1,\"lastId\":0}");
	assert_string_equal(run(&r, "Search", "{\"text\":\"brass\"}"), "[]");
	assert_string_equal(
	    run(&r, "Word", "{\"word\":\"hello world\"}")[0] == '!' ? r.err.text : "ok", "ok");
	assert_string_equal(run(&r, "Words", "{\"text\":\"world\"}"),
	    "[{\"word\":\"hello world\",\"shown\":\"hello <world>\"}]");
	assert_string_equal(run(&r, "Titles", "{\"text\":\"oak\"}"), "[{\"title\":\"a tray\"}]");
	running_done(&r);
}

/* What stands behind an index is not what stands beside it. */
static void an_index_opens_no_other_table(void **state)
{
	static const char *const attempts[] = {"SELECT word FROM secrets", "SELECT block FROM words_data",
	    "SELECT c0 FROM words_content", "SELECT title FROM notes", "UPDATE words_data SET block = x''"};
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		struct sql_query forged = *test_query(&r.app, "Drop");
		struct sql_session *session = NULL;
		const struct sql_query *one = &forged;
		const struct sql_limits limits = SQL_LIMITS_DEFAULT;
		forged.sql = slice_cstr(attempts[i]);
		forged.param_count = 0;
		forged.column_count = attempts[i][0] == 'U' ? 0 : 1;
		assert_true(is_ok(sql_session_open(r.db, &one, 1, r.types, &limits, &r.err, &session)));
		buf_clear(&r.value);
		result got = sql_session_run(session, 0, SLICE_NONE, &r.host, &r.value, &r.err);
		/* The last is refused by the defensive mode before anybody is asked. */
		if (is_ok(got) || (got.code != ERR_DENIED && attempts[i][0] != 'U'))
			fail_msg("%s: %s", attempts[i], r.err.text);
		sql_session_free(session);
	}
	running_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(search_works),
	    cmocka_unit_test(an_index_opens_no_other_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
