/*
 * Ten thousand hostile strings through every string parameter: each comes back as it went in, touches its own
 * row and no other, and is never read as SQL. A fixed seed, so that a failure can be had again.
 */
#include "running.h"

#include <stdio.h>
#include <stdlib.h>

#define STRINGS 10000u
#define LENGTH_MAX 300u

static const char schema[] = "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT, "
			     "tag TEXT NOT NULL DEFAULT '') STRICT;\n"
			     "CREATE TABLE secrets (id INTEGER PRIMARY KEY, word TEXT NOT NULL) STRICT;\n"
			     "INSERT INTO secrets VALUES (1, 'hunter2');\n"
			     "INSERT INTO notes VALUES (1, 'kept', 'kept', 'kept');\n";

static const char queries[] =
    "-- name: Put :one\nINSERT INTO notes (id, title, body, tag) VALUES (2, :title, :body, :tag)\n"
    "ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body, tag = excluded.tag "
    "RETURNING title, body, tag;\n"
    "-- name: Find :many\nSELECT id FROM notes WHERE title = :title AND body = :body AND tag IN (:tag, "
    ":tag);\n"
    "-- name: Like :many\nSELECT id FROM notes WHERE title LIKE :pattern ESCAPE '!' OR instr(body, :part) > "
    "100000;\n"
    "-- name: Count :one\nSELECT count(*) AS n, (SELECT word FROM secrets) AS word FROM notes WHERE title = "
    "'kept';\n";

static const char *const seeds[] = {"'", "\"", "`", ";", "--", "/*", "*/", "\\", "%", "_", "!", "' OR '1'='1",
    "'; DROP TABLE notes; --", "' UNION SELECT word FROM secrets --", "\" OR \"\"=\"",
    "x' || (SELECT word FROM secrets) || '", ":title", "?1", "@x", "$1", "{{7*7}}", "${7*7}", "\\'", "''",
    "\n", "\r\n", "\t", "\x01", "\x7f", "\xc2\x80", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xf0\x9f\x98\x80",
    "\xef\xbf\xbd", "\xe2\x80\xae", "0x27", "char(39)", "NULL", "null", "true", "1e999", "-0",
    "') RETURNING (SELECT word FROM secrets) --", "a", "Z", " ", "ATTACH 'x' AS y", "load_extension('x')",
    "randomblob(1000000000)", "sqlite_master"};

static unsigned long long random_state = 42;

static unsigned pick(unsigned below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % below;
}

static struct slice make(char text[LENGTH_MAX], unsigned number)
{
	size_t n = 0;
	unsigned parts = number < sizeof seeds / sizeof *seeds ? 1 : 1 + pick(8);
	for (unsigned i = 0; i < parts; i++) {
		const char *seed = seeds[parts == 1 ? number % (sizeof seeds / sizeof *seeds)
						    : pick(sizeof seeds / sizeof *seeds)];
		size_t length = strlen(seed);
		if (n + length + 1 > LENGTH_MAX)
			break;
		memcpy(text + n, seed, length);
		n += length;
		/* NUL is a character like any other. */
		if (pick(20) == 0)
			text[n++] = '\0';
	}
	return slice_of(text, n);
}

static void member(struct value_writer *w, const struct running *r, const char *name, struct slice text)
{
	value_write_key(w, (uint16_t)type_set_name_id(r->types, slice_cstr(name)));
	value_write_string(w, text);
}

static struct slice object(struct running *r, struct slice title, struct slice body, struct slice tag)
{
	struct value_writer w;
	buf_clear(&r->argument);
	value_writer_init(&w, &r->argument);
	value_write_object_begin(&w);
	member(&w, r, "title", title);
	member(&w, r, "body", body);
	member(&w, r, "tag", tag);
	value_write_object_end(&w);
	return buf_slice(&r->argument);
}

static size_t index_of(const struct running *r, const char *name)
{
	for (size_t i = 0; i < r->app.schema.query_count; i++)
		if (slice_eq_cstr(r->queries[i]->name, name))
			return i;
	fail_msg("no query %s", name);
	return 0;
}

static void expect_text(struct slice *rest, struct slice want, unsigned number)
{
	uint16_t id;
	struct slice key;
	struct value_item item;
	assert_true(value_read_key(rest, &id, &key));
	assert_true(value_read(rest, &item));
	if (!slice_eq(item.text, want))
		fail_msg("string %u came back changed", number);
}

static void run_strings(struct running *r, unsigned number)
{
	char one[LENGTH_MAX];
	char two[LENGTH_MAX];
	char three[LENGTH_MAX];
	struct slice title = make(one, number);
	struct slice body = make(two, number);
	struct slice tag = make(three, number);
	struct value_item row;
	buf_clear(&r->value);
	result got = sql_session_run(
	    r->session, index_of(r, "Put"), object(r, title, body, tag), &r->host, &r->value, &r->err);
	if (!is_ok(got))
		fail_msg("string %u: %s (%s)", number, r->err.text, sql_session_log_text(r->session));
	struct slice rest = buf_slice(&r->value);
	assert_true(value_read(&rest, &row));
	rest = row.text;
	expect_text(&rest, title, number);
	expect_text(&rest, body, number);
	expect_text(&rest, tag, number);
	buf_clear(&r->value);
	assert_true(is_ok(sql_session_run(
	    r->session, index_of(r, "Find"), object(r, title, body, tag), &r->host, &r->value, &r->err)));
	rest = buf_slice(&r->value);
	assert_true(value_read(&rest, &row));
	/* Its own row, and the other only by being equal to it, which no string here is. */
	if (row.count != 1)
		fail_msg("string %u found %u rows", number, row.count);
}

static void hostile_strings_are_only_strings(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	for (unsigned i = 0; i < STRINGS; i++) {
		run_strings(&r, i);
		if (i % 500 == 0)
			assert_string_equal(run(&r, "Count", NULL), "{\"n\":1,\"word\":\"hunter2\"}");
	}
	assert_string_equal(run(&r, "Count", NULL), "{\"n\":1,\"word\":\"hunter2\"}");
	running_done(&r);
}

static void patterns_find_no_more_than_they_say(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	assert_string_equal(run(&r, "Like", "{\"pattern\":\"k%\",\"part\":\"\"}"), "[{\"id\":1}]");
	assert_string_equal(run(&r, "Like", "{\"pattern\":\"%' OR 1=1 --\",\"part\":\"'\"}"), "[]");
	assert_string_equal(run(&r, "Like", "{\"pattern\":\"!\",\"part\":\"\"}"), "[]");
	running_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hostile_strings_are_only_strings),
	    cmocka_unit_test(patterns_find_no_more_than_they_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
